using System.Collections.Immutable;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Jobs;

/// <summary>Work on the local server that outlasts a turn. It holds no policy; what it needs to know is in here.</summary>
public abstract record JobSpec
{
    /// <summary>What the peer's tools wait for by name.</summary>
    public const string Restart = "restart";
    public const string Reinitialize = "reinitialize";

    private JobSpec()
    {
    }

    /// <summary>As the peer's tools know it: part of log lines and of refusals.</summary>
    public abstract string Label { get; }

    /// <summary>Make a new cluster: initdb, first start, users.</summary>
    public sealed record Found : JobSpec
    {
        public override string Label => "bootstrap";
    }

    /// <summary>A base backup, then the first start as a replica.</summary>
    /// <param name="Asked">An operator asked for it.</param>
    public sealed record BaseBackup(Upstream Source, bool SourceLeads, bool Asked = false) : JobSpec
    {
        public override string Label => Asked ? Reinitialize : $"bootstrap from {(SourceLeads ? "leader" : "replica")} '{Source.Name}'";
    }

    /// <summary>Start writable, under an authority that holds until <paramref name="NotAfter"/>.</summary>
    /// <param name="Directory">The data directory that this was decided for.</param>
    public sealed record StartPrimary(Instant NotAfter, TimeSpan Timeout, string Why, FileIdentity Directory = default) : JobSpec
    {
        public override string Label => Why;
    }

    public sealed record StartReplica(Upstream? Follow, TimeSpan Timeout, string Why) : JobSpec
    {
        public override string Label => Why;
    }

    public sealed record Promote(Instant NotAfter) : JobSpec
    {
        public override string Label => "promote";
    }

    /// <summary>Checkpoint, then an orderly stop, up to the moment when nothing more can be written.</summary>
    /// <param name="Limit">A stop that takes longer is ended at once; null: it takes as long as it takes.</param>
    public sealed record StopForHandOver(
        NodeName Candidate, bool ForShutdown, bool Manual, Snapshot.DcsVersion Request, TimeSpan? Limit = null)
        : JobSpec
    {
        public override string Label => ForShutdown ? "shutdown" : Manual ? "manual failover: demote" : "switchover: demote";
    }

    /// <summary>An orderly stop of a server that is to be started again.</summary>
    /// <param name="Checkpoint">Write first what the stop would have to write.</param>
    /// <param name="Limit">A stop that takes longer is ended at once; null: it takes as long as it takes.</param>
    public sealed record StopForRestart(bool Checkpoint, TimeSpan? Limit = null) : JobSpec
    {
        public override string Label => Restart;
    }

    /// <summary>A stop of a server that nobody writes to.</summary>
    /// <param name="AtOnce">Nothing is left that an orderly stop could still do.</param>
    public sealed record Stop(string Why, bool AtOnce = false) : JobSpec
    {
        public override string Label => Why;
    }

    /// <summary>Find out whether the local history has left the leader's.</summary>
    public sealed record Compare(Upstream Leader) : JobSpec
    {
        public override string Label => $"comparing timelines with {Leader.Name}";
    }

    public sealed record Rewind(Upstream Leader) : JobSpec
    {
        public override string Label => $"running pg_rewind from {Leader.Name}";
    }

    /// <summary>Remove or move aside the data directory, so that a new one can be made.</summary>
    /// <param name="Leader">Who must be found to be the running primary first; null only for what this agent never finished.</param>
    /// <param name="SystemIdentifier">Of the cluster whose primary that must be; empty: of what lies here.</param>
    public sealed record Discard(DiscardReason Reason, Upstream? Leader, string SystemIdentifier = "") : JobSpec
    {
        public override string Label => Reason switch
        {
            DiscardReason.CreationFailed => "cleaning up an unfinished data directory",
            DiscardReason.Requested => Reinitialize,
            _ => "reinitializing due to diverged timelines",
        };
    }
}

/// <summary>What a destructive phase asks leave for. Granted by the loop from a fresh view (S5, S6).</summary>
public enum PermitKind
{
    /// <summary>Change the data directory to match the leader's.</summary>
    RewindDataDirectory,

    /// <summary>Remove a data directory that has served this cluster.</summary>
    DiscardDataDirectory,
}

/// <summary>How a job ended.</summary>
public abstract record JobResult
{
    private JobResult()
    {
    }

    public sealed record Done : JobResult;

    public sealed record Failed(string Detail) : JobResult;

    public sealed record Cancelled : JobResult;

    public sealed record Started(StartOutcome Outcome, string Detail) : JobResult;

    /// <summary>The server can write no more; its last word.</summary>
    public sealed record Down(ControlFacts Facts, ImmutableArray<NodeName> Streamed, bool Exited) : JobResult;

    public sealed record Compared(DivergenceFacts Facts) : JobResult;

    public sealed record Rewound(RewindOutcome Outcome, string Detail) : JobResult;
}
