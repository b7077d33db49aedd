using HaAgent.Core.Model;
using HaAgent.Core.Ports;

namespace HaAgent.Core.Loop;

/// <summary>Has the local history left the leader's? Pure; the facts are in <see cref="DivergenceFacts"/>.</summary>
internal static class Divergence
{
    /// <summary>
    /// The local server was primary on the very timeline on which another is primary now. A promotion always begins a new one, so both
    /// have begun one of the same number: neither history files nor pg_rewind can tell the two apart, and only a new copy helps.
    /// </summary>
    /// <param name="wroteOn">Of a standby: the timeline on which it last was primary; unknown if it has streamed since.</param>
    public static bool IsForkOfOneNumber(DivergenceFacts facts, Timeline wroteOn) =>
        facts.Unknown.Length == 0 && !facts.LeaderInRecovery && facts.LeaderTimeline.IsKnown
        && (facts.LocalInRecovery ? wroteOn : facts.Local.Timeline) == facts.LeaderTimeline;

    /// <returns>True: it has, a rewind or a new copy is needed. False: it has not. Null: it cannot be told (S6).</returns>
    public static bool? Judge(DivergenceFacts facts)
    {
        if (facts.Unknown.Length > 0 || facts.LeaderInRecovery || !facts.LeaderTimeline.IsKnown || !facts.Local.Timeline.IsKnown)
        {
            return null;
        }

        var local = facts.Local;
        if (local.Timeline > facts.LeaderTimeline)
        {
            return true;
        }

        if (local.Timeline == facts.LeaderTimeline)
        {
            return false;
        }

        foreach (var line in facts.LeaderHistory)
        {
            if (line.ParentTimeline == local.Timeline)
            {
                return LeftBehind(facts, line.SwitchPoint);
            }
        }

        // The leader's history does not know our timeline at all.
        return true;
    }

    private static bool? LeftBehind(DivergenceFacts facts, Lsn switchPoint)
    {
        if (facts.LocalInRecovery)
        {
            return facts.Local.Lsn > switchPoint;
        }

        // A clean shutdown leaves one record after the last data: equal only if the leader went on from right behind it.
        return facts.Local.Lsn >= switchPoint ? true
            : facts.LocalEndOfCheckpoint.IsKnown ? facts.LocalEndOfCheckpoint != switchPoint
            : null;
    }
}
