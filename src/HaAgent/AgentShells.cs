using System.Net.Sockets;
using HaAgent.Configuration.Local;
using HaAgent.Configuration.Options;
using HaAgent.Core.Ports;
using HaAgent.Core.Settings;
using HaAgent.Core.Snapshot;
using HaAgent.Rest;

namespace HaAgent;

/// <summary>Small pieces of wiring between the configuration and the shells.</summary>
internal static class AgentShells
{
    private static readonly TimeSpan NamePatience = TimeSpan.FromSeconds(3);

    /// <summary>The REST API's part of a reload; a mistake leaves what was before in force.</summary>
    public static void ReloadRest(RestApi rest, LocalConfiguration local, ILogger logger, CancellationToken stop) =>
        _ = ReloadRestAsync(rest, local, logger, stop);

    /// <summary>
    /// A member with the own name whose agent answers is another one: two with one name would share one lock.
    /// </summary>
    /// <remarks>
    /// Any HTTP answer counts. A refused or silent address does not: it may be this node's own, from before.
    /// </remarks>
    public static async Task<bool> NameIsTakenAsync(
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

    private static async Task ReloadRestAsync(RestApi rest, LocalConfiguration local, ILogger logger, CancellationToken stop)
    {
        try
        {
            await rest.ApplyAsync(RestApiOptions.Read(local.Root), stop);
        }
        catch (ConfigurationException e)
        {
            HostLog.ReloadRefused(logger, e.Message);
        }
    }
}
