using System.Globalization;
using System.Text.Json;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Rest;

/// <summary><c>GET /cluster</c> and <c>GET /history</c>: what the store holds, for people and tools.</summary>
internal static class ClusterDocument
{
    public static byte[] Render(ClusterState cluster, string scope)
    {
        var modes = ClusterModes.From(cluster.Config);
        var json = new SpacedJson().BeginObject();
        json.Name("members").BeginArray();
        foreach (var member in cluster.Members.OrderBy(m => m.Name.Value, StringComparer.Ordinal))
        {
            WriteMember(json, member, cluster, modes);
        }

        json.EndArray();
        if (modes.Pause)
        {
            json.Name("pause").Value(true);
        }

        if (cluster.Failover is { ScheduledAt: { } at } failover)
        {
            json.Name("scheduled_switchover").BeginObject().Name("at").Value(IsoTimestamp(at));
            WriteIfNamed(json, "from", failover.Leader);
            WriteIfNamed(json, "to", failover.Candidate);
            json.EndObject();
        }

        return json.Name("scope").Value(scope).EndObject().ToArray();
    }

    public static byte[] RenderHistory(ClusterState cluster)
    {
        var json = new SpacedJson().BeginArray();
        foreach (var line in cluster.History ?? [])
        {
            json.BeginArray();
            json.Value(line.ParentTimeline.Value).Value(line.SwitchPoint.Value).Value(line.Reason);
            if (line.Timestamp is not null)
            {
                json.Value(line.Timestamp);
                if (line.NewLeader is not null)
                {
                    json.Value(line.NewLeader);
                }
            }

            json.EndArray();
        }

        return json.EndArray().ToArray();
    }

    public static byte[] RenderFailsafe(IEnumerable<KeyValuePair<string, string>> members)
    {
        var json = new SpacedJson().BeginObject();
        foreach (var (name, url) in members)
        {
            json.Name(name).Value(url);
        }

        return json.EndObject().ToArray();
    }

    /// <summary><c>2099-01-01T00:00:00+00:00</c>, with microseconds when there are any.</summary>
    public static string IsoTimestamp(DateTimeOffset at) =>
        at.ToString(at.Ticks % TimeSpan.TicksPerSecond < TimeSpan.TicksPerMicrosecond
            ? "yyyy-MM-ddTHH:mm:sszzz"
            : "yyyy-MM-ddTHH:mm:ss.ffffffzzz", CultureInfo.InvariantCulture);

    private static void WriteMember(SpacedJson json, Member member, ClusterState cluster, ClusterModes modes)
    {
        using var raw = Parse(member.Raw);
        var stored = raw.RootElement;
        var leads = cluster.LeaderName == member.Name && !member.Name.IsNobody;
        var role = Role(member, leads, cluster, modes);
        json.BeginObject().Name("name").Value(member.Name.Value).Name("role").Value(role);
        var published = stored.TryGetProperty("state", out var state) && state.ValueKind == JsonValueKind.String
            ? state.GetString()
            : "";
        json.Name("state").Value(role == "leader" ? published : member.ReplicationState ?? published);
        json.Name("api_url").Value(member.ApiUrl);
        if (Uri.TryCreate(member.ConnUrl, UriKind.Absolute, out var url) && url.Host.Length > 0)
        {
            json.Name("host").Value(url.Host.Trim('[', ']')).Name("port").Value(url.Port > 0 ? url.Port : 5432);
        }

        if (member.Timeline.IsKnown)
        {
            json.Name("timeline").Value(member.Timeline.Value);
        }

        foreach (var name in AsStored)
        {
            if (stored.TryGetProperty(name, out var value))
            {
                json.Name(name).Value(value);
            }
        }

        if (!leads)
        {
            WritePosition(json, "receive_lag", "receive_lsn", member.ReceiveLsn, cluster.Status.Optime);
            WritePosition(json, "replay_lag", "replay_lsn", member.ReplayLsn, cluster.Status.Optime);
            WritePosition(json, "lag", "lsn", member.Position, cluster.Status.Optime);
        }

        json.EndObject();
    }

    private static readonly string[] AsStored =
        ["pending_restart", "pending_restart_reason", "scheduled_restart", "tags"];

    private static string Role(Member member, bool leads, ClusterState cluster, ClusterModes modes) =>
        leads ? modes.StandbyCluster ? "standby_leader" : "leader"
        : modes.CountsAsSynchronous(cluster.Sync, member.Name.Value) ? modes.Quorum ? "quorum_standby" : "sync_standby"
        : "replica";

    private static void WritePosition(SpacedJson json, string lagName, string lsnName, Lsn position, Lsn ofCluster)
    {
        if (!position.IsKnown)
        {
            json.Name(lagName).Value("unknown").Name(lsnName).Value("unknown");
            return;
        }

        json.Name(lagName).Value(Math.Max(0, ofCluster.AheadOf(position).Value));
        json.Name(lsnName).Value(position.ToString());
    }

    private static void WriteIfNamed(SpacedJson json, string key, NodeName name)
    {
        if (!name.IsNobody)
        {
            json.Name(key).Value(name.Value);
        }
    }

    private static JsonDocument Parse(string raw)
    {
        try
        {
            var document = JsonDocument.Parse(raw);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document;
            }

            document.Dispose();
        }
        catch (JsonException)
        {
            // A member key that is not JSON is listed with what is known: its name.
        }

        return JsonDocument.Parse("{}");
    }
}
