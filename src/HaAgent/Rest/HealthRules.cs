using System.Text.Json;
using HaAgent.Core.Model;
using HaAgent.Core.Settings;
using HaAgent.Rest.Http;

namespace HaAgent.Rest;

/// <summary>Which status code a health check, <c>/liveness</c> and <c>/readiness</c> get. Pure.</summary>
/// <remarks>
/// Load balancers route writes by these codes: 200 on <c>/primary</c> on two nodes at once is two writers (S1).
/// </remarks>
internal static class HealthRules
{
    private const int Ok = 200;
    private const int Unavailable = 503;

    /// <summary>The code of the generic health check: 200 or 503.</summary>
    public static int Check(NodeFacts facts, Instant now, RequestTarget target)
    {
        if (facts.Status.IsStale(now))
        {
            return Unavailable;
        }

        var path = target.Path == "/" ? "/primary" : target.Path;
        var isLeader = facts.Status.IsLeader(now);
        if (path.Contains("standby_leader", StringComparison.Ordinal)
            || path.Contains("standby-leader", StringComparison.Ordinal))
        {
            return CodeFor(IsStandbyLeader(facts, isLeader));
        }

        if (path.Contains("leader", StringComparison.Ordinal))
        {
            return CodeFor(IsPausedWithoutView(facts) ? facts.Role is "primary" or "standby_leader" : isLeader);
        }

        if (path.Contains("master", StringComparison.Ordinal)
            || path.Contains("primary", StringComparison.Ordinal)
            || path.Contains("read-write", StringComparison.Ordinal))
        {
            return CodeFor(IsPrimary(facts, isLeader));
        }

        return CodeFor(IsOkForReaders(facts, isLeader, path, target) && TagsMatch(facts, target));
    }

    /// <summary><c>GET /liveness</c>: the loop turns, or is not far behind its plan.</summary>
    public static bool IsAlive(NodeFacts facts, Instant now)
    {
        var status = facts.Status;
        var hasPrimary = status.Role == PostgresRole.Primary && status.Postgres.IsRunning;
        return status.IsPaused || status.NextRun + (hasPrimary ? status.Settings.Ttl : status.Settings.Ttl * 2) > now;
    }

    /// <summary><c>GET /readiness</c>: the leader, or a replica that streams and is close enough.</summary>
    public static bool IsReady(NodeFacts facts, Instant now, RequestTarget target)
    {
        if (facts.Status.IsStale(now))
        {
            return false;
        }

        if (facts.Status.IsLeader(now))
        {
            return true;
        }

        if (facts.Status.State != PostgresState.Running || facts.ReplicationState != "streaming")
        {
            return false;
        }

        if (!facts.HasClusterView && facts.Sql?.LatestEnd.IsKnown != true)
        {
            return false;
        }

        var location = target.Parameter("mode") == "write" ? facts.Received : facts.Replayed;
        var limit = Lag(target) ?? facts.Status.Settings.MaximumLagOnFailover.Value;
        return facts.LeaderLsn.AheadOf(location).Value <= limit;
    }

    private static bool IsPrimary(NodeFacts facts, bool isLeader) =>
        IsPausedWithoutView(facts) ? facts.Role == "primary" : isLeader && !facts.IsStandbyCluster;

    private static bool IsStandbyLeader(NodeFacts facts, bool isLeader) =>
        IsPausedWithoutView(facts)
            ? facts.Role == "standby_leader"
            : isLeader && facts.IsStandbyCluster && (facts.Role is "replica" or "standby_leader");

    /// <summary>
    /// In pause without a view the operator is in charge, and the server's own role is all there is to go by.
    /// </summary>
    private static bool IsPausedWithoutView(NodeFacts facts) => !facts.HasClusterView && facts.Status.IsPaused;

    private static bool IsOkForReaders(NodeFacts facts, bool isLeader, string path, RequestTarget target)
    {
        if (path.Contains("replica", StringComparison.Ordinal))
        {
            return IsReplica(facts, isLeader, target);
        }

        var leads = IsPrimary(facts, isLeader) || IsStandbyLeader(facts, isLeader);
        if (path.Contains("read-only", StringComparison.Ordinal)
            && !path.Contains("sync", StringComparison.Ordinal)
            && !path.Contains("quorum", StringComparison.Ordinal))
        {
            return leads || IsReplica(facts, isLeader, target);
        }

        if (path.Contains("health", StringComparison.Ordinal))
        {
            return facts.State == "running";
        }

        return facts.HasClusterView && path switch
        {
            "/sync" or "/synchronous" => facts.IsSyncStandby && IsReplica(facts, isLeader, target),
            "/quorum" => facts.IsQuorumStandby && IsReplica(facts, isLeader, target),
            "/async" or "/asynchronous" =>
                !facts.IsSyncStandby && !facts.IsQuorumStandby && IsReplica(facts, isLeader, target),
            "/read-only-quorum" => leads || (facts.IsQuorumStandby && IsReplica(facts, isLeader, target)),
            "/read-only-sync" or "/read-only-synchronous" =>
                leads || (facts.IsSyncStandby && IsReplica(facts, isLeader, target)),
            _ => false,
        };
    }

    private static bool IsReplica(NodeFacts facts, bool isLeader, RequestTarget target)
    {
        if (facts.Status.Settings.Tags.NoLoadBalance || facts.Role != "replica" || facts.State != "running")
        {
            return false;
        }

        // The leader of a standby cluster is a replica by its server, but it is not one to read from as such.
        if (isLeader && facts.IsStandbyCluster && !IsPausedWithoutView(facts))
        {
            return false;
        }

        var filter = target.Parameter("replication_state");
        return !IsLagging(facts, target) && (filter is null || filter == facts.ReplicationState);
    }

    private static bool IsLagging(NodeFacts facts, RequestTarget target) =>
        Lag(target) is { } limit && facts.LeaderLsn.IsKnown && facts.LeaderLsn.AheadOf(facts.Replayed).Value > limit;

    private static long? Lag(RequestTarget target) => ValueParsers.Integer(target.Parameter("lag"), "B");

    private static bool TagsMatch(NodeFacts facts, RequestTarget target)
    {
        const string prefix = "tag_";
        if (!target.Query.Keys.Any(name => name.StartsWith(prefix, StringComparison.Ordinal)))
        {
            return true;
        }

        using var tags = JsonDocument.Parse(facts.Status.Settings.Tags.Json);
        foreach (var (name, wanted) in target.Query)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal)
                && (!tags.RootElement.TryGetProperty(name[prefix.Length..], out var tag) || TagText(tag) != wanted))
            {
                return false;
            }
        }

        return true;
    }

    private static string TagText(JsonElement tag) => tag.ValueKind switch
    {
        JsonValueKind.String => tag.GetString() ?? "",
        JsonValueKind.Null => "none",
        _ => tag.GetRawText().ToLowerInvariant(),
    };

    private static int CodeFor(bool holds) => holds ? Ok : Unavailable;
}
