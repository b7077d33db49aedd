using HaAgent.Core.Model;
using HaAgent.Dcs.Protos;
using Microsoft.Extensions.Logging;

namespace HaAgent.Dcs.Etcd;

/// <summary>Asks the cluster now and then who its members are and what they run.</summary>
internal sealed class EtcdMembers(EtcdConnection connection, ILogger log)
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(300);

    private Instant _nextAt = Instant.Zero;
    private bool _knowsVersion;

    /// <summary>At start, every ten TTLs, and when an endpoint was found wanting. A failure is the next check's to find.</summary>
    public async Task RefreshIfDueAsync(EtcdAttempt attempt, CancellationToken stop)
    {
        if (connection.Discovers && (connection.MembersMayHaveChanged || connection.Now >= _nextAt))
        {
            await RefreshAsync(attempt, stop);
        }

        if (!_knowsVersion)
        {
            await LearnVersionAsync(attempt, stop);
        }
    }

    private async Task RefreshAsync(EtcdAttempt attempt, CancellationToken stop)
    {
        var reply = await connection
            .CallAsync(EtcdPath.Bulk, EtcdMethods.MemberList, new MemberListRequest(), attempt, stop);
        if (reply.Message is not { } list)
        {
            return;
        }

        connection.MembersMayHaveChanged = false;
        var regularly = connection.Timing.Ttl * 10;
        _nextAt = connection.Now + (_nextAt == Instant.Zero ? First : regularly);
        var others = new List<Uri>();
        var members = 0;
        foreach (var member in list.Members.Where(member => member.ClientURLs.Count > 0 && !member.IsLearner))
        {
            members++;
            if (member.ID != list.Header.MemberId)
            {
                others.AddRange(member.ClientURLs.Select(Address).OfType<Uri>());
            }
        }

        connection.Endpoints.Learn(attempt.Endpoint, others, members);
        DcsLog.MembersLearned(log, string.Join(", ", others.Select(url => url.Authority).Prepend(attempt.Endpoint.ToString())));
    }

    private async Task LearnVersionAsync(EtcdAttempt attempt, CancellationToken stop)
    {
        var reply = await connection
            .CallAsync(EtcdPath.Bulk, EtcdMethods.Status, new StatusRequest(), attempt, stop);
        if (reply.Message is not { } status)
        {
            return;
        }

        _knowsVersion = true;
        if (EtcdVersions.Warning(status.Version) is { } warning)
        {
            connection.Notices.Add(warning);
        }
    }

    private static Uri? Address(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var address)
        && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
            ? new UriBuilder(address.Scheme, address.Host, address.Port).Uri
            : null;
}

/// <summary>Which versions of etcd break an assumption of ours.</summary>
internal static class EtcdVersions
{
    /// <summary>Null when all is well, or the version cannot be read.</summary>
    public static string? Warning(string version)
    {
        if (!Version.TryParse(version.Split('-')[0], out var parsed))
        {
            return null;
        }

        var fixedIn = parsed switch
        {
            _ when parsed < new Version(3, 4, 31) => "3.4.31",
            { Minor: 5 } when parsed < new Version(3, 5, 13) => "3.5.13",
            _ => null,
        };
        return fixedIn is null
            ? null
            : $"etcd {version} may end a lease before its TTL (etcd-io/etcd#15247): upgrade to {fixedIn} or later";
    }
}
