using System.Text.Json;
using System.Text.Json.Nodes;
using HaAgent.Core.Contracts.Records;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Rest;

/// <summary><c>GET /cluster</c> and <c>GET /history</c>: what the store holds, for people and tools.</summary>
internal static class ClusterDocument
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private static readonly string[] AsStored =
        ["pending_restart", "pending_restart_reason", "scheduled_restart", "tags"];

    public static byte[] Render(ClusterState cluster, string scope)
    {
        var modes = ClusterModes.From(cluster.Config);
        var members = cluster.Members.OrderBy(member => member.Name.Value, StringComparer.Ordinal);
        var document = new JsonObject
        {
            ["members"] = new JsonArray([.. members.Select(member => Describe(member, cluster, modes))]),
        };
        if (modes.Pause)
        {
            document["pause"] = true;
        }

        if (cluster.Failover is { ScheduledAt: { } at } failover)
        {
            var scheduled = new JsonObject { ["at"] = IsoTime.Text(at) };
            AddIfNamed(scheduled, "from", failover.Leader);
            AddIfNamed(scheduled, "to", failover.Candidate);
            document["scheduled_switchover"] = scheduled;
        }

        document["scope"] = scope;
        return JsonText.SpacedBytes(document);
    }

    public static byte[] RenderHistory(ClusterState cluster)
    {
        var lines = new JsonArray();
        foreach (var line in cluster.History ?? [])
        {
            var items = new JsonArray(line.ParentTimeline.Value, line.SwitchPoint.Value, line.Reason);
            if (line.Timestamp is not null)
            {
                items.Add((JsonNode)line.Timestamp);
                if (line.NewLeader is not null)
                {
                    items.Add((JsonNode)line.NewLeader);
                }
            }

            lines.Add((JsonNode)items);
        }

        return JsonText.SpacedBytes(lines);
    }

    public static byte[] RenderFailsafe(IEnumerable<KeyValuePair<string, string>> members)
    {
        var document = new JsonObject();
        foreach (var (name, url) in members)
        {
            document[name] = url;
        }

        return JsonText.SpacedBytes(document);
    }

    private static JsonObject Describe(Member member, ClusterState cluster, ClusterModes modes)
    {
        var stored = Parse(member.Raw);
        var leads = cluster.LeaderName == member.Name && !member.Name.IsNobody;
        var role = Role(member, leads, cluster, modes);
        var published = stored["state"] is JsonValue state && state.GetValueKind() == JsonValueKind.String
            ? state.GetValue<string>()
            : "";
        var described = new JsonObject
        {
            ["name"] = member.Name.Value,
            ["role"] = role,
            ["state"] = role == "leader" ? published : member.ReplicationState ?? published,
            ["api_url"] = member.ApiUrl,
        };
        if (Uri.TryCreate(member.ConnUrl, UriKind.Absolute, out var url) && url.Host.Length > 0)
        {
            described["host"] = url.Host.Trim('[', ']');
            described["port"] = url.Port > 0 ? url.Port : 5432;
        }

        if (member.Timeline.IsKnown)
        {
            described["timeline"] = member.Timeline.Value;
        }

        foreach (var name in AsStored)
        {
            if (stored.TryGetPropertyValue(name, out var value))
            {
                described[name] = value?.DeepClone();
            }
        }

        if (!leads)
        {
            AddPosition(described, "receive_lag", "receive_lsn", member.ReceiveLsn, cluster.Status.Optime);
            AddPosition(described, "replay_lag", "replay_lsn", member.ReplayLsn, cluster.Status.Optime);
            AddPosition(described, "lag", "lsn", member.Position, cluster.Status.Optime);
        }

        return described;
    }

    private static string Role(Member member, bool leads, ClusterState cluster, ClusterModes modes) =>
        leads ? modes.StandbyCluster ? "standby_leader" : "leader"
        : modes.CountsAsSynchronous(cluster.Sync, member.Name.Value) ? modes.Quorum ? "quorum_standby" : "sync_standby"
        : "replica";

    private static void AddPosition(
        JsonObject described, string lagName, string lsnName, Lsn position, Lsn ofCluster)
    {
        described[lagName] = position.IsKnown
            ? Math.Max(0, ofCluster.AheadOf(position).Value)
            : (JsonNode)"unknown";
        described[lsnName] = position.IsKnown ? position.ToString() : "unknown";
    }

    private static void AddIfNamed(JsonObject document, string key, NodeName name)
    {
        if (!name.IsNobody)
        {
            document[key] = name.Value;
        }
    }

    private static JsonObject Parse(string raw)
    {
        try
        {
            return JsonNode.Parse(raw, documentOptions: Strict) as JsonObject ?? [];
        }
        catch (JsonException)
        {
            // A member key that is not JSON is listed with what is known: its name.
            return [];
        }
    }
}
