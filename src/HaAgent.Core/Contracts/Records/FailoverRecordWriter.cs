using System.Text.Json.Nodes;
using HaAgent.Core.Model;

namespace HaAgent.Core.Contracts.Records;

/// <summary>The value of <c>failover</c>: a request, or none.</summary>
public static class FailoverRecordWriter
{
    /// <summary>No request. The key is cleared by writing this, never by deleting it.</summary>
    public const string Cleared = "{}";

    /// <summary>Names that are nobody's and a missing time are left out.</summary>
    public static string Write(NodeName leader, NodeName candidate, DateTimeOffset? scheduledAt)
    {
        var record = new JsonObject();
        if (!leader.IsNobody)
        {
            record["leader"] = leader.Value;
        }

        if (!candidate.IsNobody)
        {
            record["member"] = candidate.Value;
        }

        if (scheduledAt is { } at)
        {
            record["scheduled_at"] = IsoTime.Text(at);
        }

        return JsonText.Compact(record);
    }
}
