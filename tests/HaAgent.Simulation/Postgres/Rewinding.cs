using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Simulation.Postgres;

/// <summary>pg_rewind, and the single-user server that brings a crashed directory to an end that it can read.</summary>
internal static class Rewinding
{
    public const string SingleUser = "postgres --single";
    public const string NotNeeded = "no rewind required";

    /// <summary>Recovers a directory that was not shut down, as its own timeline goes; then it is shut down.</summary>
    public static SimTool Recover(SimServer server, Action<string?> ended)
    {
        var tool = new SimTool(server, SingleUser, ended);
        var directory = server.Directory;
        directory.HasStandbySignal = false;
        directory.State = ControlState.InCrashRecovery;
        server.World.Count("single-user recovery");
        tool.Process.After(server.Faults.CrashRecovery(), () =>
        {
            if (server.Faults.DiskIsFull || directory.IsBroken
                || (directory.MinimumRecoveryEnd is { } minimum
                    && !directory.Branch!.Includes(minimum.Branch, minimum.At, directory.Written))) // only called on a directory
            {
                tool.End(server.Faults.DiskIsFull ? "no space left on device" : "WAL ends before consistent recovery point");
                return;
            }

            var branch = directory.Branch!;
            if (branch.Writer != server || branch.End != directory.Flushed)
            {
                branch = server.History.NewBranch(branch.Number, branch, directory.Flushed, server);
                directory.Branch = branch;
            }

            var at = directory.Flushed;
            var record = new CheckpointRecord(branch, at, at, new(at.Value + CheckpointRecord.Length));
            branch.Extend(record.End);
            branch.Add(record);
            directory.Checkpoint = record;
            directory.Written = directory.Flushed = record.End;
            directory.MinimumRecoveryEnd = null;
            directory.State = ControlState.ShutDown;
            server.ShutdownSwitch = Lsn.Unknown;
            tool.End(null);
        });
        return tool;
    }

    /// <param name="ended">Null: done. <see cref="NotNeeded"/>: nothing to do. Else what failed.</param>
    public static SimTool Rewind(SimServer target, string sourceUrl, Action<string?> ended)
    {
        var tool = new SimTool(target, "pg_rewind", ended);
        tool.Process.After(target.Chance.Milliseconds(20, 150), () =>
        {
            if (target.History.Find(sourceUrl) is not { Run: { Accepts: true, IsInRecovery: false, Backends.IsFrozen: false } run } source
                || run.Postmaster.IsDead || run.Postmaster.IsFrozen
                || !target.World.Network.ReachBoth(target.Host.Name, source.Host.Name))
            {
                Fail(target, tool, "could not connect to the source");
            }
            else if (Obstacle(target, source) is { } obstacle)
            {
                if (obstacle == NotNeeded)
                {
                    target.World.Count("rewind not needed");
                    tool.End(obstacle);
                }
                else
                {
                    Fail(target, tool, obstacle);
                }
            }
            else
            {
                Copy(target, source, tool);
            }
        });
        return tool;
    }

    /// <summary>The timeline that pg_rewind takes a control file to be on.</summary>
    private static Timeline TimelineOf(SimServer server)
    {
        var timeline = server.Directory.Checkpoint!.Branch.Number; // there is a control file
        return server.History.MajorVersion >= 16 && server.Directory.MinimumRecoveryEnd is { } minimum
            && minimum.Branch.Number > timeline
            ? minimum.Branch.Number
            : timeline;
    }

    private static string? Obstacle(SimServer target, SimServer source)
    {
        var directory = target.Directory;
        if (directory.SystemIdentifier != source.Directory.SystemIdentifier)
        {
            return "source and target are from different systems";
        }

        if (target.Run is not null || directory.State is not (ControlState.ShutDown or ControlState.ShutDownInRecovery))
        {
            return "the target must be shut down cleanly";
        }

        if (TimelineOf(target) == TimelineOf(source))
        {
            return NotNeeded;
        }

        // Both are initialized.
        if (directory.Branch!.Fork(directory.Flushed, source.Directory.Branch!, source.Directory.Flushed) is not { } fork)
        {
            return "could not find common ancestor";
        }

        return EndOf(directory) <= fork.At ? NotNeeded
            : fork.Branch.LastCheckpoint(fork.At).Redo < directory.Oldest ? "could not find previous WAL record"
            : null;
    }

    /// <summary>Of the last checkpoint record or, on a standby, of what it must replay: later WAL it does not look at.</summary>
    private static Lsn EndOf(SimDirectory directory) => Lsn.Max(
        directory.Checkpoint!.End, directory.MinimumRecoveryEnd is { } minimum ? minimum.At : Lsn.Unknown); // there is one

    private static void Copy(SimServer target, SimServer source, SimTool tool)
    {
        target.Write($"rewind from {source.Name} begins");
        target.History.RaiseRewindBegun(target, source);
        var directory = target.Directory;
        var there = source.Directory;
        var fork = directory.Branch!.Fork(directory.Flushed, there.Branch!, there.Flushed)!.Value; // looked at just now
        var copied = there.Flushed;
        var fails = target.Faults.FailNextRewind || (directory.IsBroken && target.Chance.Happens(0.5));
        target.Faults.FailNextRewind = false;
        directory.IsBroken = true;
        new SourceWatch(target, source, tool).Work(target.Chance.Seconds(0.2, 5), problem =>
        {
            problem ??= fails ? "could not open a WAL file" : target.Faults.DiskIsFull ? "no space left on device" : null;
            if (problem is not null)
            {
                Fail(target, tool, problem);
                return;
            }

            directory.IsBroken = false;
            directory.Branch = there.Branch;
            directory.HighestKnown = there.HighestKnown;
            directory.Written = directory.Flushed = copied;
            directory.MinimumRecoveryEnd = (there.Branch!, there.Flushed); // it runs
            directory.Checkpoint = fork.Branch.LastCheckpoint(fork.At);
            directory.Oldest = Lsn.Max(there.Oldest, directory.Checkpoint.Redo);
            directory.HasBackupLabel = true;
            directory.Slots.Clear();
            directory.State = ControlState.InArchiveRecovery;
            target.Write($"is rewound to {fork.Branch}:{fork.At} and copied from {source.Name} up to {copied}");
            target.World.Count("rewind done");
            tool.End(null);
        });
    }

    private static void Fail(SimServer target, SimTool tool, string problem)
    {
        target.Write($"rewind failed: {problem}");
        target.World.Count("rewind failed");
        tool.End(problem);
    }
}
