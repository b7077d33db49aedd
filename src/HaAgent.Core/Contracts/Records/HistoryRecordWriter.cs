using System.Text.Json.Nodes;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Contracts.Records;

/// <summary>The value of <c>history</c>: where each timeline ended, and who led on.</summary>
public static class HistoryRecordWriter
{
    /// <summary>Three elements a line, four with a time, five with the new leader's name too.</summary>
    public static string Write(IEnumerable<HistoryLine> lines)
    {
        var record = new JsonArray();
        foreach (var line in lines)
        {
            var elements = new JsonArray(line.ParentTimeline.Value, line.SwitchPoint.Value, line.Reason);
            if (line.Timestamp is { } timestamp)
            {
                elements.Add((JsonNode)timestamp);
                if (line.NewLeader is { } newLeader)
                {
                    elements.Add((JsonNode)newLeader);
                }
            }

            record.Add((JsonNode)elements);
        }

        return JsonText.Compact(record);
    }
}
