using HaAgent.Core.Model;

namespace HaAgent.Core.Decision;

/// <summary>Reasons as sentences: the peer's exact cycle text where tools match on it, else the operator's own words.</summary>
public static class ReasonText
{
    /// <param name="self">Who speaks.</param>
    /// <param name="paused">The cycle text then begins with <c>PAUSE: </c>.</param>
    public static string Render(NodeName self, Reason reason, bool paused)
    {
        var text = Authority(self, reason) ?? Gates(self, reason) ?? Stopped(reason) ?? Leading(self, reason)
            ?? Replica(self, reason) ?? Paused(self, reason) ?? Ending(reason) ?? reason.Id.ToString();
        return paused ? "PAUSE: " + text : text;
    }

    private static string? Authority(NodeName self, Reason reason) => (reason.Id, reason.Facts) switch
    {
        (ReasonId.AuthorityRanOut, var f) => $"fencing: the right to accept writes ran out at {f.At} (boot clock)",
        (ReasonId.AnotherLeads, var f) => $"fencing: {f.Node} holds the leader lock and this PostgreSQL may be writable",
        (ReasonId.LeaderKeyGone, _) => "fencing: the leader key in the store is gone while this node relied on it",
        (ReasonId.CrashAwaitsRenewal, var f) => $"not starting as primary: the lease was not renewed in time and ends at {f.At} (boot clock)",
        (ReasonId.AuthorityNearlyRanOut, var f) => $"fencing: the lease could not be renewed in time and ends at {f.At} (boot clock)",
        (ReasonId.AdoptionNotConfirmed, _) => "fencing: the leader lock of the PostgreSQL found running could not be confirmed in time",
        (ReasonId.GuardFired, _) =>
            "the lease guard has ended PostgreSQL, for this agent was held up past its deadline;"
            + " waiting until its processes are gone and the leader lock is given up",
        (ReasonId.NoGuard, _) => "no lease guard is running and none could be started: this node must not be writable",
        (ReasonId.GuardStarting, _) => "waiting for the lease guard to start: without one this node must not lead",
        (ReasonId.FencingUnderWay, _) => "fencing is under way",
        (ReasonId.StoreSilent, _) => "DCS is not accessible",
        (ReasonId.LeaseRequestUnderWay, _) => "waiting for the store's answer",
        (ReasonId.RenewalDue, _) => $"renewing the leader lock of {self}",
        (ReasonId.ConfirmAdoption, _) => "confirming the leader lock for the PostgreSQL found running as primary",
        _ => null,
    };

    private static string? Gates(NodeName self, Reason reason) => (reason.Id, reason.Facts) switch
    {
        (ReasonId.JobRunning, { Node.IsNobody: false } f) => $"updated leader lock during {f.Text}",
        (ReasonId.JobRunning, var f) => $"{f.Text} in progress",
        (ReasonId.PermitGranted, var f) => $"{f.Node} is the running primary of this cluster: the local data directory may be changed",
        (ReasonId.PermitRefused, _) => "no running primary of this cluster is known: the local data directory is left alone",
        (ReasonId.DirectoryUnreadable, var f) => $"data directory is not accessible: {f.Text}",
        (ReasonId.DirectoryForeign, _) => "data dir for the cluster is not empty, but system ID is invalid; consider doing reinitialize",
        (ReasonId.DirectoryForeignWhileLeading, _) => "released leader key voluntarily as data dir not accessible",
        (ReasonId.ClaimVoid, _) => "giving back the right to found the cluster: the attempt was broken off",
        (ReasonId.DirectoryReplacedWhileLeading, _) =>
            "released leader key: the data directory is not the one that PostgreSQL ran from (was it mounted or copied there?) and may lack what was acknowledged since",
        (ReasonId.DirectoryEmptyWhileLeading, _) => "released leader key voluntarily as data dir empty and currently leader",
        (ReasonId.DirectoryUnfinished, _) => "removing a data directory whose creation was interrupted",
        (ReasonId.DirectoryDamaged, _) =>
            $"a rewind of the data directory was broken off: PostgreSQL is not started from it; make a new copy (haagentctl reinit <cluster> {self})",
        (ReasonId.DirectoryEmptyInPause, _) => "running with empty data directory",
        (ReasonId.SystemIdMismatch or ReasonId.SystemIdMismatchInPause, var f) =>
            $"system ID mismatch, node {self} belongs to a different cluster: {f.Text} != {f.OtherText}",
        (ReasonId.RunningAsReplicaWithoutInitialize, _) =>
            "No initialize key in DCS and PostgreSQL is running as replica, aborting start. Start the agent on the node running as primary first",
        (ReasonId.RecordInitialize, var f) => $"recording system identifier {f.Text}",
        (ReasonId.RestoreConfig, _) => "writing the dynamic configuration known here: the store holds none",
        (ReasonId.MayFound, _) => "trying to acquire initialize lock",
        (ReasonId.WonInitialize, _) => "trying to bootstrap a new cluster",
        (ReasonId.FoundingFailed, _) => "Failed to bootstrap cluster",
        (ReasonId.FoundingStillStarting, _) => "waiting for end of recovery after bootstrap",
        (ReasonId.RecordFounding, _) => "recording the new cluster",
        (ReasonId.FirstLeader, _) => "initialized a new cluster",
        (ReasonId.CloneFromLeader, var f) => $"trying to bootstrap from leader '{f.Node}'",
        (ReasonId.CloneFromReplica, var f) => $"trying to bootstrap from replica '{f.Node}'",
        (ReasonId.WaitingForLeader, _) => "waiting for leader to bootstrap",
        (ReasonId.RepairBackOff, _) => "waiting before the next try to create the data directory",
        _ => null,
    };

    private static string? Stopped(Reason reason) => (reason.Id, reason.Facts) switch
    {
        (ReasonId.CrashRestart, _) => "starting primary after failure",
        (ReasonId.CrashYield, _) => "stopped PostgreSQL to fail over after a crash",
        (ReasonId.StartAsReadOnly, _) => "starting as readonly because i had the session lock",
        (ReasonId.StartFailedAsLeader, _) => "removed leader key after trying and failing to start postgres",
        (ReasonId.StartFailedBackOff, var f) => $"failed to start postgres: {f.Text}",
        (ReasonId.StartAsReplica, _) => "starting as a secondary",
        (ReasonId.StartAfterSilence, _) => "demoted self because DCS is not accessible and I was a leader",
        (ReasonId.RewindNeeded, { Node.IsNobody: true }) =>
            "the local timeline has diverged from the cluster's; waiting for a leader to rewind from",
        (ReasonId.RewindNeeded, var f) => $"the local timeline has diverged from the leader's; waiting to rewind from {f.Node}",
        (ReasonId.RewindCheckDue, var f) => $"comparing timelines with {f.Node}",
        (ReasonId.RewindAwaitsCheckpoint, var f) => $"Waiting for checkpoint on {f.Node} before rewind",
        (ReasonId.DivergedDiscard, _) => "reinitializing due to diverged timelines",
        (ReasonId.RewindFailedDiscard, _) => "reinitializing because pg_rewind failed",
        (ReasonId.StartingAsPrimary, var f) =>
            FormattableString.Invariant($"PostgreSQL is still starting up, {Math.Max(0, (int)f.Span.TotalSeconds)} seconds until timeout"),
        (ReasonId.StartingAsReplica, _) => "Still starting up as a standby.",
        (ReasonId.StartTimedOut, _) => "stopped PostgreSQL because of startup timeout",
        (ReasonId.StartTimedOutNobodyElse, _) => "primary start has timed out, but continuing to wait because failover is not possible",
        (ReasonId.StateNotKnown, var f) => $"PostgreSQL runs but does not answer: {f.Text}",
        _ => null,
    };

    private static string? Leading(NodeName self, Reason reason) => (reason.Id, reason.Facts) switch
    {
        (ReasonId.Steady, _) => $"no action. I am ({self}), the leader with the lock",
        (ReasonId.NoLeaderPrimary, _) => "acquired session lock as a leader",
        (ReasonId.SwitchoverCheckPeers, _) => "asking the candidates before handing over",
        (ReasonId.HandingOver, var f) => f.Node.IsNobody ? "switchover: demoting myself" : $"switchover: demoting myself in favour of {f.Node}",
        (ReasonId.RequestNamesOtherLeader, var f) => $"leader name does not match: {f.Node} != {self}",
        (ReasonId.RequestNamesSelf, var f) => $"{f.Text}: I am already the leader, no need to {f.Text}",
        (ReasonId.RequestNoCandidate, var f) => $"{f.Text}: no healthy members found, {f.Text} is not possible",
        (ReasonId.RequestNeedsCandidateInPause, var f) => $"{f.Text}: a specific candidate is required in a paused state",
        (ReasonId.RequestAwaitsSchedule, var f) => $"no action. I am ({self}), the leader with the lock; a switchover is scheduled at {f.Text}",
        (ReasonId.RequestScheduleDue, var f) => $"the switchover that was scheduled at {f.Text} begins",
        (ReasonId.RequestStale, var f) => $"{f.Text}: its time has passed by more than one and a half loop_wait; clearing the request",
        (ReasonId.HandOverConfirmed, var f) => $"released leader key: a candidate has everything up to {f.Theirs}",
        (ReasonId.HandOverForShutdown, var f) => $"released leader key at shutdown; no candidate confirmed {f.Theirs}",
        (ReasonId.HandOverAsk, var f) => $"asking the candidates whether they have everything up to {f.Theirs}",
        (ReasonId.HandOverWaiting, var f) => $"waiting for a candidate that has everything up to {f.Theirs}",
        (ReasonId.HandOverNobody, var f) => $"no candidate confirmed {f.Theirs} in time: starting again as primary",
        (ReasonId.HandOverEndAtOnce, _) => "nobody confirmed in time and the server lingers: ending it",
        (ReasonId.HandOverBroken, _) =>
            "a clean end of PostgreSQL is not confirmed, nobody is known to have everything: starting again as primary",
        (ReasonId.HandOverTriedAlready, var f) => $"{f.Text}: was tried and did not come off; clearing the request",
        (ReasonId.HandOverAwaitExit, _) => "waiting for PostgreSQL to end",
        _ => null,
    };

    private static string? Replica(NodeName self, Reason reason) => (reason.Id, reason.Facts) switch
    {
        (ReasonId.Following, var f) => $"no action. I am ({self}), a secondary, and following a leader ({f.Node})",
        (ReasonId.FollowingNobody, var f) => $"no action. I am ({self}), a secondary, and following nobody; the leader is {f.Node}",
        (ReasonId.AwaitingHandOver, var f) => $"ready to take over from {f.Node}",
        (ReasonId.PromoteWonTheLease, _) => "promoted self to leader by acquiring session lock",
        (ReasonId.PromoteFailed, _) => "released the leader lock: this PostgreSQL could not be promoted",
        (ReasonId.PromoteStillRunning, _) => "updated leader lock during promote",
        (ReasonId.NotAllowed, _) => "following a different leader because I am not allowed to promote",
        (ReasonId.UnsupportedSettings, var f) => $"not racing for the lock: this version cannot honour {f.Text}, and ignoring it could lose commits",
        (ReasonId.PositionUnknown, _) => "not racing for the lock: the own WAL position is not known",
        (ReasonId.HeldBack, _) => "not racing for the lock: it was given away a moment ago",
        (ReasonId.EarlyExpiryAsk, var f) => $"the lease of {f.Node} expired sooner than it should: asking {f.Node} itself first",
        (ReasonId.LagTooLarge, var f) => $"My wal position exceeds maximum replication lag ({f.Mine} behind {f.Theirs} by more than {f.Bound})",
        (ReasonId.GivenAwayAhead, var f) =>
            $"{f.Node} gave the leader lock away at {f.Theirs} and this node has only {f.Mine}: until {f.At} it waits for members that may have everything and do not answer",
        (ReasonId.TimelineBehind, var f) => $"My timeline {f.MyTimeline} is behind last known cluster timeline {f.TheirTimeline}",
        (ReasonId.RaceAskPeers or ReasonId.RacePeersAsked, _) => "nobody leads: asking the other members where they stand",
        (ReasonId.AnotherIsAlive, var f) => $"Primary ({f.Node}) is still alive",
        (ReasonId.AnotherIsAhead, var f) =>
            $"following a different leader because i am not the healthiest node ({f.Node} is at {f.Theirs}, I am at {f.Mine})",
        (ReasonId.AnotherHasPriority, var f) =>
            $"following a different leader because i am not the healthiest node ({f.Node} has a higher failover_priority)",
        (ReasonId.CandidateShouldLead, { Node.IsNobody: true }) =>
            "leaving the lock to the others: this node was asked to hand it over",
        (ReasonId.CandidateShouldLead, var f) => $"leaving the lock to the requested candidate {f.Node}",
        (ReasonId.RequestedCandidate or ReasonId.Healthiest, _) => "racing for the leader lock",
        _ => null,
    };

    private static string? Paused(NodeName self, Reason reason) => (reason.Id, reason.Facts) switch
    {
        (ReasonId.PauseNotRunning, _) => "postgres is not running",
        (ReasonId.PauseReleaseNotRunning, _) => "removed leader lock because postgres is not running",
        (ReasonId.PauseReleaseNotPrimary, _) => "removed leader lock because postgres is not running as primary",
        (ReasonId.PausePrimaryWithLease, _) => $"no action. I am ({self}), the leader with the lock",
        (ReasonId.PausePrimaryWithoutLease, _) => "continue to run as primary without lock",
        (ReasonId.PausePrimaryAcquires, _) => "acquired session lock as a leader",
        (ReasonId.PauseReplica, { Node.IsNobody: true }) => $"no action. I am ({self})",
        (ReasonId.PauseReplica, var f) => $"no action. I am ({self}), a secondary, and following a leader ({f.Node})",
        (ReasonId.PauseWaitingToPromote, _) => "waiting to become primary after promote...",
        (ReasonId.PauseRestartReplica, _) => "starting after demotion",
        _ => null,
    };

    private static string? Ending(Reason reason) => (reason.Id, reason.Facts) switch
    {
        (ReasonId.RequestAdmitted, _) => "an operator's request was admitted",
        (ReasonId.RequestRefused, var f) => $"an operator's request was refused: {f.Text}",
        (ReasonId.RequestCheckPeers, _) => "asking the candidates before answering an operator's request",
        (ReasonId.RestartBegins, _) => "restarting PostgreSQL at an operator's request",
        (ReasonId.RestartStarts, _) => "starting PostgreSQL to end the restart that an operator asked for",
        (ReasonId.ScheduledRestartDue, var f) => $"the restart that was scheduled at {f.Text} begins",
        (ReasonId.ScheduledRestartDropped, var f) => $"forgetting the restart that was scheduled at {f.Text}: {f.OtherText}",
        (ReasonId.ReinitBegins, var f) => $"stopping PostgreSQL to make its copy anew from {f.Node}",
        (ReasonId.ReinitDiscards, var f) => $"removing the local data directory, as an operator asked, if {f.Node} is the running primary",
        (ReasonId.ReinitAwaitsLeader, var f) => $"waiting to make a new copy until {f.Node} is a running primary",
        (ReasonId.ReinitCancelsJob, var f) => $"cancelling {f.Text} for a forced reinitialize",
        (ReasonId.EndPaused, _) => "Leader key is not deleted and Postgresql is not stopped due paused state",
        (ReasonId.EndStopPrimary or ReasonId.EndStopReplica, _) => "stopping PostgreSQL before the agent ends",
        (ReasonId.EndCancelJob, var f) => $"cancelling {f.Text} before the agent ends",
        (ReasonId.EndRelease, _) => "released leader key at shutdown",
        (ReasonId.End, _) => "the agent ends",
        _ => null,
    };
}
