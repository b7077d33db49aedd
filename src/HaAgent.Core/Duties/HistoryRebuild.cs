using System.Collections.Immutable;
using System.Globalization;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Duties;

/// <summary>The cluster's history from the local history file: its last line is this node's own promotion. Pure.</summary>
internal static class HistoryRebuild
{
    /// <param name="keep">At most so many lines, the newest; 0: all.</param>
    public static ImmutableArray<HistoryLine> From(HistoryFile file, ImmutableArray<HistoryLine> stored, NodeName self, int keep)
    {
        var lines = file.Lines.Select((line, i) => i == file.Lines.Length - 1
            ? line with { Timestamp = file.ModifiedAt.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffffzzz", CultureInfo.InvariantCulture), NewLeader = self.Value }
            : Known(line, stored));
        var all = lines.ToImmutableArray();
        return keep > 0 && all.Length > keep ? all[^keep..] : all;
    }

    private static HistoryLine Known(HistoryLine line, ImmutableArray<HistoryLine> stored)
    {
        var known = stored.FirstOrDefault(old => old.ParentTimeline == line.ParentTimeline && old.SwitchPoint == line.SwitchPoint);
        return known is null ? line : line with { Timestamp = known.Timestamp, NewLeader = known.NewLeader };
    }
}
