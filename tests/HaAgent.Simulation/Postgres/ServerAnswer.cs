using System.Collections.Immutable;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Simulation.Postgres;

/// <summary>What the probe query brings from a running server.</summary>
internal static class ServerAnswer
{
    private static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static int Version(SimHistory history) => (history.MajorVersion * 10_000) + 4;

    public static SqlReading.Answered Read(ServerRun run, Instant askedAt)
    {
        var directory = run.Server.Directory;
        var receiver = run.Receiver;
        var branch = directory.Branch!; // a server runs
        var ofControlFile = directory.Checkpoint!.Branch.Number;
        var archive = run.Server.History.Archive is not null;
        return new()
        {
            AskedAt = askedAt,
            InRecovery = run.IsInRecovery,
            Timeline = run.IsInRecovery ? OfStandby(directory, receiver, run.Replayed, ofControlFile) : branch.Number,
            Flushed = run.IsInRecovery ? Lsn.Unknown : directory.Flushed,
            Received = run.IsInRecovery ? receiver.Received : Lsn.Unknown,
            Replayed = run.IsInRecovery ? run.Replayed : Lsn.Unknown,
            LatestEnd = run.IsInRecovery && receiver.IsStreaming ? receiver.LatestEnd : Lsn.Unknown,
            ReplayedAt = receiver.LastReplayedAt is { } at ? Epoch + at : null,
            ReplayPaused = run.IsInRecovery && receiver.IsPaused,
            ReplicationState = !run.IsInRecovery ? null
                : receiver.IsStreaming ? "streaming"
                : archive ? "in archive recovery" : null,
            RestoreCommand = archive ? "cp /archive/%f %p" : null,
            PostmasterStartTime = Epoch + run.StartedAt,
            CheckpointOnCurrentTimeline = !run.IsInRecovery && ofControlFile == branch.Number,
            WalSenders = Senders(run),
            Slots = Slots(directory),
        };
    }

    private static Timeline OfStandby(SimDirectory directory, WalReceiver receiver, Lsn replayed, Timeline ofControlFile)
    {
        if (receiver.Timeline is { IsKnown: true } received)
        {
            return received;
        }

        // By IDENTIFY_SYSTEM.
        var replays = replayed.IsKnown ? directory.Branch!.Owner(replayed).Number : Timeline.Unknown; // a server runs
        var minimum = directory.MinimumRecoveryEnd?.Branch.Number ?? Timeline.Unknown;
        return new[] { replays, minimum, ofControlFile }.Max();
    }

    private static ImmutableArray<WalSender> Senders(ServerRun run)
    {
        if (run.Senders.Streams.Count == 0)
        {
            return [];
        }

        var senders = ImmutableArray.CreateBuilder<WalSender>(run.Senders.Streams.Count);
        var sync = run.Server.SyncStandbys;
        foreach (var stream in run.Senders.Streams)
        {
            senders.Add(new(
                stream.Pid, "replicator", stream.Name, stream.ClientAddress, stream.IsStreaming ? "streaming" : "catchup",
                sync.State(run.Senders, stream), sync.Priority(stream.Name), stream.Flushed));
        }

        return senders.MoveToImmutable();
    }

    private static ImmutableArray<SlotReading> Slots(SimDirectory directory)
    {
        if (directory.Slots.Count == 0)
        {
            return [];
        }

        var slots = ImmutableArray.CreateBuilder<SlotReading>(directory.Slots.Count);
        foreach (var slot in directory.Slots.Values)
        {
            slots.Add(new(
                slot.Name, IsPhysical: true, slot.User is not null, slot.Restart, Lsn.Unknown, HasXmin: false, null, null, slot.IsLost));
        }

        return slots.MoveToImmutable();
    }
}
