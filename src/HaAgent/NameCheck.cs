using System.Net.Sockets;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent;

/// <summary>Whether another agent goes by the name of this one.</summary>
internal static class NameCheck
{
    private static readonly TimeSpan NamePatience = TimeSpan.FromSeconds(3);

    /// <summary>
    /// A member with the own name whose agent answers is another one: two with one name would share one lock.
    /// </summary>
    /// <remarks>
    /// Any HTTP answer counts. A refused or silent address does not: it may be this node's own, from before.
    /// </remarks>
    public static async Task<bool> IsTakenAsync(
        ClusterState cluster, NodeIdentity identity, CancellationToken stop)
    {
        if (cluster.Find(identity.Name) is not { ApiUrl: { } apiUrl }
            || !Uri.TryCreate(apiUrl, UriKind.Absolute, out var url))
        {
            return false;
        }

        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = NamePatience };
        try
        {
            using var response = await client.GetAsync(new Uri(url, "/liveness"), stop);
            return true;
        }
        catch (Exception e) when (e is HttpRequestException or SocketException
            or TaskCanceledException && !stop.IsCancellationRequested)
        {
            return false;
        }
    }
}
