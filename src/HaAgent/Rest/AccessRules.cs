using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using HaAgent.Core.Snapshot;
using HaAgent.Rest.Http;

namespace HaAgent.Rest;

/// <summary>Who may send the requests that change something: by address, then by password.</summary>
internal sealed class AccessRules
{
    private readonly byte[]? _expected;
    private readonly ImmutableArray<IPNetwork> _networks;
    private readonly bool _includeMembers;
    private readonly MemberAddresses _members;

    private AccessRules(
        byte[]? expected, ImmutableArray<IPNetwork> networks, bool includeMembers, MemberAddresses members)
    {
        _expected = expected;
        _networks = networks;
        _includeMembers = includeMembers;
        _members = members;
    }

    /// <summary>
    /// Resolves the host names of the allowlist, once. Items that cannot be used are logged and left out.
    /// </summary>
    public static async Task<AccessRules> LoadAsync(
        RestOptions options, TimeProvider clock, ILogger logger, CancellationToken stop)
    {
        var networks = ImmutableArray.CreateBuilder<IPNetwork>();
        foreach (var item in options.Allowlist)
        {
            networks.AddRange(await ResolveAsync(item, clock, logger, stop).ConfigureAwait(false));
        }

        if (networks.Count == 0 && options.Allowlist.Length > 0 && !options.AllowlistIncludeMembers)
        {
            RestLog.AllowlistIsEmpty(logger);
        }

        // The header is compared as bytes in constant time; hashing first makes the length constant as well.
        var expected = options.Authentication is { } credentials ? Digest(credentials.ToBasic()) : null;
        return new(expected, networks.ToImmutable(), options.AllowlistIncludeMembers, new(clock, logger));
    }

    /// <param name="askMembers">False for requests that must work while the list of members may be stale.</param>
    /// <returns>The refusal; null when the request may go on.</returns>
    public async ValueTask<HttpReply?> RefusalAsync(
        RestRequest request, ClusterState? cluster, bool askMembers, CancellationToken stop)
    {
        var byMembers = _includeMembers && askMembers;
        if ((_networks.Length > 0 || byMembers)
            && !await IsAllowedAsync(request.RemoteAddress, byMembers ? cluster : null, stop).ConfigureAwait(false))
        {
            return HttpReply.Text(403, "Access is denied");
        }

        if (_expected is null)
        {
            return null;
        }

        var given = request.Head.Authorization;
        if (given is null)
        {
            return Unauthorized("no auth header received");
        }

        return CryptographicOperations.FixedTimeEquals(Digest(given), _expected)
            ? null
            : Unauthorized("not authenticated");
    }

    private async ValueTask<bool> IsAllowedAsync(IPAddress? address, ClusterState? cluster, CancellationToken stop)
    {
        if (address is null)
        {
            return false;
        }

        foreach (var network in _networks)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }

        return cluster is not null && await _members.ContainAsync(address, cluster, stop).ConfigureAwait(false);
    }

    private static HttpReply Unauthorized(string text) =>
        HttpReply.Text(401, text) with { Header = "WWW-Authenticate: Basic realm=\"Patroni\"" };

    private static byte[] Digest(string header) => SHA256.HashData(Encoding.Latin1.GetBytes(header));

    private static async Task<IEnumerable<IPNetwork>> ResolveAsync(
        string item, TimeProvider clock, ILogger logger, CancellationToken stop)
    {
        if (item.Contains('/', StringComparison.Ordinal))
        {
            if (Network(item) is { } network)
            {
                return [network];
            }

            RestLog.InvalidAllowlistItem(logger, item);
            return [];
        }

        var addresses = await HostAddresses.ResolveAsync(item, clock, stop).ConfigureAwait(false);
        if (addresses.IsEmpty)
        {
            RestLog.UnresolvedAllowlistItem(logger, item, "no such host, or no answer in time");
        }

        return addresses.Select(a => new IPNetwork(a, a.AddressFamily == AddressFamily.InterNetwork ? 32 : 128));
    }

    /// <summary>A network whose host bits may be set: they are masked.</summary>
    private static IPNetwork? Network(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!IPAddress.TryParse(text.AsSpan(0, slash).Trim(), out var address))
        {
            return null;
        }

        var bytes = address.GetAddressBytes();
        if (!int.TryParse(text.AsSpan(slash + 1), out var length) || length < 0 || length > bytes.Length * 8)
        {
            return null;
        }

        for (var bit = length; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return new(new IPAddress(bytes), length);
    }
}
