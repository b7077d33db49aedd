using HaAgent.Core.Model;
using HaAgent.Core.Ports;

namespace HaAgent.Core.Loop;

/// <summary>Has the local history left the leader's? Pure; the facts are in <see cref="DivergenceFacts"/>.</summary>
internal static class Divergence
{
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
