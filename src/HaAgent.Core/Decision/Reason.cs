using HaAgent.Core.Model;

namespace HaAgent.Core.Decision;

/// <summary>Why: a stable id (logs, metrics, tests) and the typed values the rule has looked at.</summary>
/// <remarks><see cref="ReasonText"/> alone renders it.</remarks>
public readonly record struct Reason(ReasonId Id, Facts Facts = default)
{
    public override string ToString() => Id.ToString();
}

/// <summary>The values behind a reason; each is set only where the reason is about it.</summary>
public readonly record struct Facts
{
    /// <summary>Another node the reason is about: the leader, a candidate, the member that is ahead.</summary>
    public NodeName Node { get; init; }
    public Lsn Mine { get; init; }
    public Lsn Theirs { get; init; }
    public Timeline MyTimeline { get; init; }
    public Timeline TheirTimeline { get; init; }
    public ByteCount Bound { get; init; }
    public Instant At { get; init; }
    public TimeSpan Span { get; init; }

    /// <summary>A label, a system identifier, what a tool said.</summary>
    public string? Text { get; init; }

    /// <summary>A second text, where two are compared.</summary>
    public string? OtherText { get; init; }
}

/// <summary>All reasons. A name is never reused for another meaning: logs and tests refer to it.</summary>
public enum ReasonId
{
    // Authority
    AuthorityRanOut,
    AnotherLeads,
    LeaderKeyGone,
    AuthorityNearlyRanOut,
    CrashAwaitsRenewal,
    AdoptionNotConfirmed,
    FencingUnderWay,
    GuardFired,
    NoGuard,
    GuardStarting,
    StoreSilent,
    LeaseRequestUnderWay,
    RenewalDue,
    ConfirmAdoption,

    // Jobs
    JobRunning,
    PermitGranted,
    PermitRefused,

    // Gates
    DirectoryUnreadable,
    DirectoryForeign,
    DirectoryEmptyWhileLeading,
    DirectoryReplacedWhileLeading,
    DirectoryUnfinished,
    DirectoryDamaged,
    DirectoryForeignWhileLeading,
    ClaimVoid,
    DirectoryEmptyInPause,
    SystemIdMismatch,
    SystemIdMismatchInPause,
    RunningAsReplicaWithoutInitialize,
    RecordInitialize,
    RestoreConfig,

    // Founding and joining
    MayFound,
    WonInitialize,
    FoundingFailed,
    FoundingStillStarting,
    RecordFounding,
    FirstLeader,
    CloneFromLeader,
    CloneFromReplica,
    WaitingForLeader,
    RepairBackOff,

    // Stopped
    CrashRestart,
    CrashYield,
    StartAsReadOnly,
    StartFailedAsLeader,
    StartFailedBackOff,
    StartAsReplica,
    StartAfterSilence,
    RewindNeeded,
    RewindCheckDue,
    RewindAwaitsCheckpoint,
    DivergedDiscard,
    RewindFailedDiscard,

    // Starting
    StartingAsPrimary,
    StartingAsReplica,
    StartTimedOut,
    StartTimedOutNobodyElse,
    StateNotKnown,

    // Primary
    Steady,
    SwitchoverCheckPeers,
    HandingOver,
    RequestNamesOtherLeader,
    RequestNamesSelf,
    RequestNoCandidate,
    RequestNeedsCandidateInPause,
    RequestAwaitsSchedule,

    // Hand-over
    HandOverConfirmed,
    HandOverAsk,
    HandOverWaiting,
    HandOverNobody,
    HandOverForShutdown,
    HandOverAwaitExit,
    HandOverEndAtOnce,
    HandOverBroken,
    HandOverTriedAlready,

    // Replica
    Following,
    FollowingNobody,
    AwaitingHandOver,
    PromoteWonTheLease,
    PromoteStillRunning,
    PromoteFailed,
    NotAllowed,
    UnsupportedSettings,
    PositionUnknown,
    HeldBack,
    EarlyExpiryAsk,
    LagTooLarge,
    GivenAwayAhead,
    TimelineBehind,
    RaceAskPeers,
    RacePeersAsked,
    AnotherIsAlive,
    AnotherIsAhead,
    AnotherHasPriority,
    CandidateShouldLead,
    RequestedCandidate,
    Healthiest,
    NoLeaderPrimary,

    // Pause
    PauseNotRunning,
    PauseReleaseNotRunning,
    PauseReleaseNotPrimary,
    PausePrimaryWithLease,
    PausePrimaryWithoutLease,
    PausePrimaryAcquires,
    PauseReplica,
    PauseWaitingToPromote,
    PauseRestartReplica,

    // Requests
    RequestAdmitted,
    RequestRefused,
    RequestCheckPeers,

    RestartBegins,
    RestartStarts,
    ScheduledRestartDue,
    ScheduledRestartDropped,
    ReinitBegins,
    ReinitDiscards,
    ReinitAwaitsLeader,
    ReinitCancelsJob,
    RequestScheduleDue,
    RequestStale,

    // Ending
    EndPaused,
    EndStopPrimary,
    EndStopReplica,
    EndCancelJob,
    EndRelease,
    End,
}
