using System.Text.Json;
using System.Text.Json.Nodes;
using HaAgent.Core.Model;
using HaAgent.Core.Settings;
using HaAgent.Core.Snapshot;

namespace HaAgent.Rest;

/// <summary>The tags in a peer's answer, as far as an election looks at them.</summary>
internal static class PeerTags
{
    public static Tags Read(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object || JsonObject.Create(element) is not { } tags)
        {
            return Tags.None;
        }

        var nofailover = ValueParsers.Bool(tags["nofailover"]);
        var priority = (int)Math.Clamp(ValueParsers.Integer(tags["failover_priority"]) ?? 1, int.MinValue, int.MaxValue);
        var mayNotLead = nofailover ?? priority <= 0;
        return new()
        {
            NoFailover = mayNotLead,
            FailoverPriority = mayNotLead ? 0 : Math.Max(1, priority),
            NoSync = ValueParsers.Bool(tags["nosync"]) ?? ValueParsers.Integer(tags["sync_priority"]) <= 0,
            NoStream = ValueParsers.Bool(tags["nostream"]) ?? false,
            ReplicateFrom = new NodeName(ValueParsers.Text(tags["replicatefrom"]) ?? ""),
            Json = element.GetRawText(),
        };
    }
}
