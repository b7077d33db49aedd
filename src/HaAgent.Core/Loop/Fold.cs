using System.Collections.Immutable;
using HaAgent.Core.Authority;
using HaAgent.Core.Decision;
using HaAgent.Core.Jobs;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Loop;

/// <summary>How what was seen changes what is remembered. Pure; one step per turn, before the decision.</summary>
internal static class Fold
{
    /// <summary>A store's granularity and a cycle's upkeep: a lease that ends this little "early" ended on time.</summary>
    internal static readonly TimeSpan ExpirySlack = TimeSpan.FromSeconds(2);

    /// <summary>A confirmed renewal older than this is made anew by a loop that is awake anyhow.</summary>
    private static readonly TimeSpan RenewalAge = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The loop is awake: a leader renews now rather than at its next tick, so that signs of life stay close to renewals. Not while
    /// the store does not answer: the end of each try wakes the loop, and the next must wait for its pause.
    /// </summary>
    public static NodeMemory Awake(NodeMemory memory, Instant now) =>
        memory is { Authority: NodeAuthority.Lease lease, RenewalsUnanswered: 0 } && now - lease.Times.SentAt >= RenewalAge
            ? memory with { RenewAt = Instant.Min(memory.RenewAt, now) }
            : memory;

    /// <summary>Takes the current readings into the memory.</summary>
    public static NodeMemory Observe(NodeView v)
    {
        var memory = v.Memory;
        memory = Streaming(v, Wrote(v, Server(v, Directory(v, memory))));
        memory = Pause(v with { Memory = memory }, memory);
        memory = Leadership(v with { Memory = memory }, memory);
        memory = memory with { ShortTimes = ShortTimes.After(v) };
        memory = OperatorFold.Observe(v with { Memory = memory });
        return Rights(v with { Memory = memory }, memory);
    }

    /// <summary>A restarted agent looks at what it finds, once, before its first turn.</summary>
    /// <param name="predecessor">The deadline that the last agent of this data directory left; null: none.</param>
    public static NodeMemory Adopt(NodeView v, Instant? predecessor)
    {
        if (!v.Running())
        {
            // What lies here may have been left behind since, or be the work of a rewind that was cut off.
            return v.Memory with { StoppedByAgent = true, Rewind = v.Directory() is null ? RewindState.Idle : RewindState.CheckDue };
        }

        // A deadline was left for a primary, or for one that was about to be: a promotion may be under way in a server that looks
        // like a standby, and takes effect without being told again.
        var memory = v.Memory with { MayBePromoting = predecessor is not null && v.Postgres.InRecovery != false };
        return (v with { Memory = memory }).MayBeWritable()
            ? memory with { Authority = new NodeAuthority.Unknown(predecessor ?? v.At + v.Settings.RetryTimeout) }
            : memory;
    }

    /// <summary>Is what lies there what the server ran from?</summary>
    private static NodeMemory Directory(NodeView v, NodeMemory memory)
    {
        if (v.Directory() is { Damaged: true } && !v.Running())
        {
            memory = memory with { Rewind = RewindState.Failed };
        }

        var identity = v.Directory()?.Identity ?? default;
        if (v.Postgres.Process is ServerProcess.Running { Pid: var pid })
        {
            return memory.Served.Pid == pid && memory.Served.Directory.IsKnown
                ? memory
                : memory with { Served = (pid, identity), DirectoryReplaced = false };
        }

        // Once: what was found out about it holds until it changes again.
        return identity.IsKnown && memory.Served.Directory.IsKnown && identity != memory.Served.Directory
            ? memory with { Served = (0, identity), DirectoryReplaced = !IsMaking(v), Rewind = RewindState.CheckDue }
            : memory;
    }

    private static bool IsMaking(NodeView v) => v.Job is { Spec: JobSpec.BaseBackup or JobSpec.Found or JobSpec.Discard };

    private static NodeMemory Server(NodeView v, NodeMemory memory)
    {
        if (!v.Running())
        {
            return memory with
            {
                LocalRole = LocalRole.Unknown,
                PromoteIssued = false,
                MayBePromoting = false,
                Applied = null,
                PromoteCheckpoint = CheckpointState.NotNeeded,
                StartingSince = null,

                // What lies here the next time was not made by this agent: it may be anybody's history.
                Rewind = v.Postgres.Directory is DataDirectory.Empty ? RewindState.CheckDue : memory.Rewind,
                Founding = memory.Founding == FoundingState.Recording ? FoundingState.Failed : memory.Founding,
            };
        }

        if (memory.HandOver is { DownAt: not null } && !v.Lingers())
        {
            // Started since, by us or by somebody: there is nothing left to hand over, and what is here is a server like any other.
            memory = memory with { HandOver = null };
        }

        if (v.Sql() is not { } sql)
        {
            return v.IsStartingUp() ? memory with { StartingSince = memory.StartingSince ?? v.At } : memory;
        }

        memory = memory with { RoleEstablished = true, StoppedByAgent = false, StartFailed = null, StartingSince = null };
        if (!sql.InRecovery)
        {
            return memory with
            {
                LocalRole = LocalRole.Primary,
                PromoteIssued = false,
                MayBePromoting = false,
                Rewind = RewindState.Idle,
            };
        }

        // A promotion that was issued may take effect at any moment: until it is seen to have, count it as writable.
        memory = memory.PromoteIssued ? memory : memory with { LocalRole = LocalRole.Replica };
        return memory.HandOver is { Released: true } ? memory with { HandOver = null } : memory;
    }

    private static NodeMemory Wrote(NodeView v, NodeMemory memory) => v.Sql() switch
    {
        { InRecovery: false, Timeline.IsKnown: true } sql => memory with { WroteOn = sql.Timeline },
        { ReplicationState: "streaming" } => memory with { WroteOn = default },
        null when !v.Running() && v.Directory() is { HasStandbySignal: false, Unfinished: false, HasBackupLabel: false } directory
                && directory.State is not (ControlState.ShutDownInRecovery or ControlState.InArchiveRecovery)
            => memory with { WroteOn = directory.Checkpoint.Timeline },
        _ => memory,
    };

    /// <summary>
    /// Where a stopped standby's history ends is not known before it has replayed what it has: only then can it turn out to have
    /// left the leader's. Nor does one that streams from nobody know for sure which timeline it is on. So one that does not get to stream
    /// is looked at again, whatever it says of itself.
    /// </summary>
    private static NodeMemory Streaming(NodeView v, NodeMemory memory)
    {
        var isStuck = v.Job is null && v.Sql() is { InRecovery: true, ReplicationState: not "streaming" } && v.LeaderIsRunningPrimary()
            && v.Upstream()?.Name == v.LeaderName();
        if (!isStuck)
        {
            return memory with { NotStreamingSince = null };
        }

        var since = memory.NotStreamingSince ?? v.At;
        return v.At - since >= v.Settings.LoopWait + v.Settings.RetryTimeout && memory.Rewind is RewindState.Idle or RewindState.Done
            ? memory with { NotStreamingSince = v.At, Rewind = RewindState.CheckDue }
            : memory with { NotStreamingSince = since };
    }

    private static NodeMemory Pause(NodeView v, NodeMemory memory)
    {
        if (v.Paused() == memory.WasPaused)
        {
            return memory;
        }

        memory = memory with { WasPaused = v.Paused() };
        if (v.Paused())
        {
            return memory;
        }

        // The end of a pause: a primary without a lease is not wrong yet; it gets one try to have one.
        return v.MayBeWritable()
            ? v.HasLease() && v.At < v.Memory.Authority.FenceAt ? memory : memory with { Authority = new NodeAuthority.Unknown(v.At + v.Settings.RetryTimeout), RenewAt = v.At }
            : memory with { Rewind = RewindState.CheckDue };
    }

    private static NodeMemory Leadership(NodeView v, NodeMemory memory)
    {
        if (v.Cluster is not { } cluster)
        {
            return memory;
        }

        if (cluster.HasValidInitialize || v.HasLease())
        {
            var foreign = memory.Founding == FoundingState.Recording && cluster.HasValidInitialize
                && v.Directory() is { } directory && directory.SystemIdentifier != cluster.Initialize;
            memory = memory with { HasJoined = true, Founding = foreign ? FoundingState.Failed : memory.Founding };
        }

        if (cluster.Leader is null)
        {
            return memory.Loss is not null || memory.LastLed?.Leader is not { } lost
                ? memory
                : memory with { Loss = LossOf(v, memory, lost.Name, cluster), Ballots = ImmutableDictionary<NodeName, PeerReading>.Empty };
        }

        var signed = memory.LastLed is { } before && memory.LeaderSignAt is not null
            && before.Leader == cluster.Leader
            && before.LeaderMember?.KeyVersion == cluster.LeaderMember?.KeyVersion
            && before.Status.Raw == cluster.Status.Raw;
        memory = memory with { LastLed = cluster, Loss = null, LeaderSignAt = signed ? memory.LeaderSignAt : v.At };
        return LeaderChanged(v, memory, cluster);
    }

    private static NodeMemory LeaderChanged(NodeView v, NodeMemory memory, ClusterState cluster)
    {
        if (cluster.LeaderName == v.Self)
        {
            return memory;
        }

        var (published, own) = (cluster.LeaderMember?.Timeline ?? Timeline.Unknown, v.Timeline());
        if (!published.IsKnown || (!own.IsKnown && !IsLongInStarting(v)))
        {
            return memory;
        }

        if (published == own)
        {
            return memory with { Compared = default };
        }

        // Another leader, or the same one on another timeline: what was judged before says nothing about it.
        var isJudged = memory.Compared.Leader == cluster.LeaderName && (memory.Compared.Found == published || memory.Compared.Published == published);
        return !isJudged && memory.Rewind is RewindState.Idle or RewindState.Done && cluster.LeaderMember is { IsPrimaryByRole: true }
            ? memory with { Rewind = RewindState.CheckDue }
            : memory;
    }

    /// <summary>
    /// A standby that takes no connections after a while may be short of WAL that its leader never had. That is asked of its control
    /// file, and disturbs nothing if it only has much to replay.
    /// </summary>
    private static bool IsLongInStarting(NodeView v) =>
        v.IsStartingStandby() && v.Memory.StartingSince is { } since && v.At >= since + v.Settings.LoopWait + v.Settings.RetryTimeout;

    private static LeaderLoss LossOf(NodeView v, NodeMemory memory, NodeName lost, ClusterState cluster)
    {
        // A lease takes all its keys with it in one revision; a release deletes the leader key alone.
        bool? byExpiry = memory.LastLed?.Find(lost) is null ? null : cluster.Find(lost) is null;
        var early = byExpiry == true && lost != v.Self && memory.LeaderSignAt is { } sign
            && v.At - sign < v.Settings.Ttl - ExpirySlack;
        return new(v.At, lost, byExpiry, early);
    }

    /// <summary>Rights that the picture, the clock or the end of the server took away.</summary>
    private static NodeMemory Rights(NodeView v, NodeMemory memory)
    {
        if (v.Guard.Fired)
        {
            // Whatever the store says: the server it was said of has been ended (S1).
            memory = memory with { Authority = new NodeAuthority.None(), RenewAt = default, PromoteFailed = false };

            // Ended where it stood: what it wrote last may be nobody else's.
            memory = memory.Rewind is RewindState.Idle or RewindState.Done ? memory with { Rewind = RewindState.CheckDue } : memory;
        }

        if (v.MayBeWritable())
        {
            return memory;
        }

        var lost = memory.Authority switch
        {
            NodeAuthority.Lease => memory.Authority.HasRunOut(v.At) || v.LeaderIsAnother() || v.Unlocked(),
            NodeAuthority.Unknown => true,
            _ => false,
        };
        memory = lost ? memory with { Authority = new NodeAuthority.None(), RenewAt = default, PromoteFailed = false } : memory;
        if (memory.Authority is NodeAuthority.None)
        {
            memory = memory with { HandOverBroken = false };
        }

        // Without the key there is nothing left to hand over.
        return memory.HandOver is { Released: false } handOver && memory.Authority is NodeAuthority.None
            ? memory with { HandOver = handOver with { Released = true } }
            : memory;
    }
}
