using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Simulation.Postgres;

/// <summary>initdb and pg_basebackup.</summary>
internal static class Creation
{
    private static readonly Lsn FirstCheckpoint = new(0x1500028);

    /// <param name="ended">What failed; null: done.</param>
    public static SimTool InitDb(SimServer server, Action<string?> ended)
    {
        var tool = new SimTool(server, "initdb", ended);
        server.Directory.Content = DirectoryContent.Partial;
        tool.Process.After(server.Chance.Seconds(0.5, 2), () => server.WhenDiskAnswers(() => tool.Process.Deliver(() =>
        {
            if (server.Faults.DiskIsFull)
            {
                tool.End("no space left on device");
                return;
            }

            var directory = server.Directory;
            var end = new Lsn(FirstCheckpoint.Value + CheckpointRecord.Length);
            var branch = server.History.NewBranch(new(1), null, Lsn.Unknown, server);
            branch.Extend(end);
            branch.Add(new(branch, FirstCheckpoint, FirstCheckpoint, end));
            directory.Content = DirectoryContent.Initialized;
            directory.SystemIdentifier = server.History.NewSystemIdentifier();
            directory.Branch = branch;
            directory.HighestKnown = branch.Number;
            directory.Written = directory.Flushed = end;
            directory.Checkpoint = branch.LastCheckpoint(end);
            directory.State = ControlState.ShutDown;
            server.Write($"initdb made system {directory.SystemIdentifier}");
            server.World.Count("initdb");
            tool.End(null);
        })));
        return tool;
    }

    public static SimTool BaseBackup(SimServer copy, string sourceUrl, Action<string?> ended)
    {
        var tool = new SimTool(copy, "pg_basebackup", ended);
        copy.Directory.Content = DirectoryContent.Partial;
        tool.Process.After(copy.Chance.Milliseconds(5, 50), () =>
        {
            if (copy.History.Find(sourceUrl) is not { Run: { Accepts: true, Backends.IsFrozen: false } run } source
                || run.Postmaster.IsDead || run.Postmaster.IsFrozen
                || !copy.World.Network.ReachBoth(copy.Host.Name, source.Host.Name))
            {
                Fail(copy, tool, "could not connect to the source");
                return;
            }

            copy.Write($"base backup from {source.Name} begins");

            // Its first step is a checkpoint there.
            var from = source.Directory.Checkpoint!; // it runs
            run.Checkpoint(() => from = source.Directory.Checkpoint!);
            var takes = copy.Chance.Seconds(1, 20);
            var fails = copy.Faults.FailNextBackup;
            copy.Faults.FailNextBackup = false;
            new SourceWatch(copy, source, tool).Work(fails ? takes / 2 : takes, problem =>
            {
                problem ??= fails ? "could not read a file" : copy.Faults.DiskIsFull ? "no space left on device" : null;
                if (problem is not null)
                {
                    Fail(copy, tool, problem);
                    return;
                }

                Fill(copy, source, from);
                tool.End(null);
            });
        });
        return tool;
    }

    private static void Fill(SimServer copy, SimServer source, CheckpointRecord from)
    {
        var directory = copy.Directory;
        var there = source.Directory;
        directory.Content = DirectoryContent.Initialized;
        directory.SystemIdentifier = there.SystemIdentifier;
        directory.Branch = there.Branch;
        directory.HighestKnown = there.HighestKnown;
        directory.Written = directory.Flushed = there.Flushed;
        directory.Oldest = from.Redo;
        directory.Checkpoint = from;
        directory.HasBackupLabel = true;
        directory.HasStandbySignal = there.HasStandbySignal;
        directory.MinimumRecoveryEnd = there.HasStandbySignal ? (there.Branch!, there.Flushed) : null; // it runs
        directory.State = there.State;
        copy.Write($"is a copy of {source.Name} at {there.Branch}:{there.Flushed}");
        copy.World.Count("base backup done");
        copy.History.RaiseCloned(copy, source);
    }

    private static void Fail(SimServer copy, SimTool tool, string problem)
    {
        copy.Write($"base backup failed: {problem}");
        copy.World.Count("base backup failed");
        tool.End(problem);
    }
}
