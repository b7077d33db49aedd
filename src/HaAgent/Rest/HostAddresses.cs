using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Rest;

/// <summary>Addresses of host names, by a resolver that is given up on after two seconds.</summary>
internal static class HostAddresses
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <returns>Empty when the name has none, or the resolver did not answer in time.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was signalled.</exception>
    public static async Task<ImmutableArray<IPAddress>> ResolveAsync(
        string host, TimeProvider clock, CancellationToken stop)
    {
        var name = host.Trim().TrimStart('[').TrimEnd(']');
        if (IPAddress.TryParse(name, out var literal))
        {
            return [Plain(literal)];
        }

        try
        {
            var found = await Dns.GetHostAddressesAsync(name, stop)
                .WaitAsync(Patience, clock, stop).ConfigureAwait(false);
            return [.. found.Select(Plain).Distinct()];
        }
        catch (Exception e) when (e is SocketException or TimeoutException or ArgumentException)
        {
            return [];
        }
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}

/// <summary>
/// The addresses of the members' REST APIs, looked up when an unsafe request comes and kept for a moment.
/// </summary>
internal sealed class MemberAddresses(TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan KeepFor = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, (Instant Until, ImmutableArray<IPAddress> Addresses)> _known = new();

    public async ValueTask<bool> ContainAsync(IPAddress address, ClusterState cluster, CancellationToken stop)
    {
        foreach (var member in cluster.Members)
        {
            if (Uri.TryCreate(member.ApiUrl, UriKind.Absolute, out var url)
                && (await AddressesAsync(url.Host, stop).ConfigureAwait(false)).Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    private async ValueTask<ImmutableArray<IPAddress>> AddressesAsync(string host, CancellationToken stop)
    {
        var now = Instant.Now(clock);
        if (_known.TryGetValue(host, out var known) && now < known.Until)
        {
            return known.Addresses;
        }

        var addresses = await HostAddresses.ResolveAsync(host, clock, stop).ConfigureAwait(false);
        if (addresses.IsEmpty)
        {
            RestLog.UnresolvedMember(logger, host, "no such host, or no answer in time");
        }

        _known[host] = (now + KeepFor, addresses);
        return addresses;
    }
}
