using System.Collections.Immutable;
using HaAgent.Core.Authority;
using HaAgent.Core.Model;
using HaAgent.Core.Requests;

namespace HaAgent.Core.Snapshot;

/// <summary>What the loop carries from one turn to the next: values only, changed by folding outcomes in.</summary>
public sealed record NodeMemory
{
    /// <summary>Without regard to pause; see <see cref="NodeView.Authority"/>.</summary>
    public NodeAuthority Authority { get; init; } = new NodeAuthority.None();

    /// <summary>The store's id of the lease behind <see cref="Authority"/>; 0 without one.</summary>
    public long LeaseId { get; init; }

    /// <summary>The times that the store's client works with; null: it was told none by this loop yet.</summary>
    public Timing? StoreTiming { get; init; }

    /// <summary>Whether times below the peers' minimums may be used.</summary>
    public ShortTimes ShortTimes { get; init; } = ShortTimes.Unknown;

    /// <summary>When the next renewal is to be sent; zero: at once.</summary>
    public Instant RenewAt { get; init; }

    /// <summary>How many renewals in a row were not confirmed.</summary>
    public int RenewalsUnanswered { get; init; }

    /// <summary>What the local server was last known, started or told to be. Decides when it cannot be asked.</summary>
    public LocalRole LocalRole { get; init; } = LocalRole.Unknown;

    /// <summary>The server that was last seen running, and the data directory that it was first seen with.</summary>
    public (int Pid, FileIdentity Directory) Served { get; init; }

    /// <summary>
    /// What lies at the data directory's path is not what the server ran from, and this agent did not put it there: a mount that came
    /// back, or somebody's copy. It may be older than what was acknowledged.
    /// </summary>
    public bool DirectoryReplaced { get; init; }

    /// <summary>A promotion was issued to the running postmaster.</summary>
    public bool PromoteIssued { get; init; }

    /// <summary>
    /// The predecessor of this agent may have issued a promotion to the server that was found running: until that server is seen to be
    /// primary, or is gone, it counts as one that may become writable.
    /// </summary>
    public bool MayBePromoting { get; init; }

    /// <summary>A ladder that makes the local server unable to write is under way; nothing else touches the server.</summary>
    public bool Fencing { get; init; }

    /// <summary>The server was stopped by a fence while the store was silent: it may serve reads again, following nobody.</summary>
    public bool FencedInSilence { get; init; }

    /// <summary>The last stop was this agent's own doing, so a missing process is no crash.</summary>
    public bool StoppedByAgent { get; init; }

    /// <summary>A hand-over under way: from the stop of the old primary to its restart as a replica.</summary>
    public HandOver? HandOver { get; init; }

    /// <summary>
    /// The server stopped for a switchover, but not cleanly: nobody can be shown to have everything but this node.
    /// </summary>
    public bool HandOverBroken { get; init; }

    /// <summary>The last picture that had a leader: who led, where it stood, how to reach it.</summary>
    public ClusterState? LastLed { get; init; }

    /// <summary>How and when the leader key vanished; null while somebody leads.</summary>
    public LeaderLoss? Loss { get; init; }

    /// <summary>When the leader last showed any sign of life in the store.</summary>
    public Instant? LeaderSignAt { get; init; }

    /// <summary>The latest ballot of each member that was asked.</summary>
    public ImmutableDictionary<NodeName, PeerReading> Ballots { get; init; } = ImmutableDictionary<NodeName, PeerReading>.Empty;

    /// <summary>A round of asking is under way since then.</summary>
    public Instant? AskingSince { get; init; }

    public RewindState Rewind { get; init; } = RewindState.Idle;

    /// <summary>For whom divergence was last judged, since the local server was last on a timeline that its leader published.</summary>
    public Comparison Compared { get; init; }

    /// <summary>
    /// The timeline on which the local server last took writes of its own; unknown once it has streamed from another. Another primary on
    /// the same one has begun its own of that number.
    /// </summary>
    public Timeline WroteOn { get; init; }

    /// <summary>Since when this replica has not been streaming from a leader that runs on a newer timeline; null: it does, or there is none.</summary>
    public Instant? NotStreamingSince { get; init; }

    /// <summary>When a start last failed, as what, and what was said.</summary>
    public StartFailure? StartFailed { get; init; }

    /// <summary>Creating or repairing the data directory last failed then.</summary>
    public Instant? RepairFailedAt { get; init; }

    /// <summary>Progress of founding a new cluster; none when this node does not.</summary>
    public FoundingState Founding { get; init; }

    /// <summary>Some role was established in this process: a missing server is a crash, not a server that never ran.</summary>
    public bool RoleEstablished { get; init; }

    /// <summary>The store was seen to hold a named cluster, or this node led it: the first-contact checks are over.</summary>
    public bool HasJoined { get; init; }

    /// <summary>A promotion was tried under the present lease and did not come off.</summary>
    public bool PromoteFailed { get; init; }

    /// <summary>This agent discarded a data directory that it had begun to make itself: its claim to found the cluster is void.</summary>
    public bool DiscardedUnfinished { get; init; }

    /// <summary>The request that a hand-over was tried for; still there afterwards, it is not tried again.</summary>
    public DcsVersion RequestTried { get; init; }

    /// <summary>The request for which connections to the peers were opened ahead of an election.</summary>
    public DcsVersion WarmedUpFor { get; init; }

    /// <summary>A restart that an operator asked for is under way; null: none is.</summary>
    public OngoingRestart? Restart { get; init; }

    /// <summary>How the last one ended, and for whose ticket.</summary>
    public (long RequestId, RestartOutcome Outcome) RestartEnded { get; init; }

    /// <summary>A restart at a later time; null: none is scheduled.</summary>
    public ScheduledRestart? ScheduledRestart { get; init; }

    /// <summary>An operator asked for a new copy, and there is none yet; null: nobody did.</summary>
    public Reinitialization? Reinit { get; init; }

    public bool WasPaused { get; init; }

    /// <summary>The checkpoint that lets others rewind from this new primary.</summary>
    public CheckpointState PromoteCheckpoint { get; init; }

    /// <summary>SIGTERM or SIGINT was received.</summary>
    public bool ShutdownRequested { get; init; }

    /// <summary>This node gave the key away (or never had it) and must not take it again before then.</summary>
    public Instant HoldBackUntil { get; init; }

    /// <summary>Since when the server is up and takes no connections; null while it does, or is not there.</summary>
    public Instant? StartingSince { get; init; }

    /// <summary>A request about the leader key is under way; no second one is sent meanwhile.</summary>
    public LeaseRequest LeaseRequest { get; init; }

    /// <summary>Slots to keep although their member may be gone, and when it was last seen.</summary>
    public ImmutableSortedDictionary<string, Instant> RetainedSlots { get; init; } = ImmutableSortedDictionary<string, Instant>.Empty;

    /// <summary>Parameters that wait for a restart of PostgreSQL.</summary>
    public ImmutableArray<Ports.PendingParameter> PendingRestart { get; init; } = [];

    /// <summary>What the running server was last told to be; null: nothing yet since its start.</summary>
    public AppliedConfiguration? Applied { get; init; }

    /// <summary>The value this node last wrote to its own member key.</summary>
    public string? MemberWritten { get; init; }

    public Instant? MemberWrittenAt { get; init; }

    /// <summary>When <c>/status</c> was last written.</summary>
    public Instant? StatusWrittenAt { get; init; }

    /// <summary>When slots were last brought in line.</summary>
    public Instant? SlotsCheckedAt { get; init; }

    /// <summary>When the member's session was last kept alive.</summary>
    public Instant? SessionKeptAt { get; init; }
}

/// <summary>Requests about the leader key; one at a time.</summary>
public enum LeaseRequest
{
    None,
    Renewing,
    Acquiring,
    Taking,
    Releasing,

    /// <summary>Another compare-and-set that the next decision depends on.</summary>
    Recording,
}

/// <param name="SettingsSerial">Counts changes of the effective configuration.</param>
/// <param name="Starting">It did not take connections yet, so what waits for a restart is not known.</param>
public sealed record AppliedConfiguration(int Pid, bool AsPrimary, Ports.Upstream? Follow, long SettingsSerial, bool Starting = false)
{
    /// <summary>Something else was begun to be told since, and broken off.</summary>
    public bool IsDoubtful { get; init; }
}

/// <summary>What the local server is, as far as it matters for safety.</summary>
public enum LocalRole
{
    /// <summary>Never learnt: treated as possibly writable (S6).</summary>
    Unknown,
    Replica,
    Primary,
}

/// <summary>How the leader key was seen to vanish.</summary>
/// <param name="ByExpiry">True: with the leader's lease. False: released (deleted alone). Null: not seen how.</param>
/// <param name="Early">By expiry, yet less than a lease's length after the leader last showed a sign of life.</param>
public sealed record LeaderLoss(Instant At, NodeName Leader, bool? ByExpiry, bool Early);

/// <param name="Candidate">Who is to take over; nobody: whoever is eligible.</param>
/// <param name="FinalPosition">Known once the server is down.</param>
/// <param name="DownAt">When it was seen to be down cleanly; null before.</param>
/// <param name="Released">The key was given away.</param>
/// <param name="ForShutdown">Not a switchover: the agent is ending.</param>
public sealed record HandOver(
    NodeName Candidate,
    Instant StartedAt,
    Lsn FinalPosition,
    Timeline Timeline,
    Instant? DownAt,
    bool Released,
    bool ForShutdown,
    ImmutableArray<NodeName> Streamed)
{
    /// <summary>Behind the last record, that of the shutdown: nobody has more than this of the same history. Unknown: not read.</summary>
    public Lsn End { get; init; }
}

/// <param name="Found">The timeline that the leader itself told.</param>
/// <param name="Published">What the store said of it then, which may be older.</param>
public readonly record struct Comparison(NodeName Leader, Timeline Found, Timeline Published);

public enum RewindState
{
    /// <summary>No reason to think that histories differ.</summary>
    Idle,

    /// <summary>It must be found out before this server follows anybody.</summary>
    CheckDue,

    /// <summary>They differ.</summary>
    Needed,

    /// <summary>pg_rewind was done: start and follow.</summary>
    Done,

    /// <summary>It failed while the leader was well.</summary>
    Failed,
}

public sealed record StartFailure(Instant At, bool AsPrimary, string Detail);

public enum FoundingState
{
    None,

    /// <summary>The <c>initialize</c> key was won; the data directory is being made.</summary>
    Making,

    /// <summary>The server runs; the records are being written.</summary>
    Recording,

    /// <summary>It went wrong: give the key back, move the directory aside, end.</summary>
    Failed,
}

public enum CheckpointState
{
    /// <summary>Nothing was promoted in this process, or it is long done.</summary>
    NotNeeded,
    Due,
    Running,
}
