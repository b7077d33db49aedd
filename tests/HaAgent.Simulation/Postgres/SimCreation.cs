using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Simulation.Postgres;

/// <summary>How an agent fills and empties its data directory, with the marker that says whose work it is.</summary>
internal sealed class SimCreation(AgentSide side, SqlWork sql)
{
    private const int Tries = 2;
    private static readonly TimeSpan BetweenTries = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan UsersWithin = TimeSpan.FromSeconds(30);

    private SimServer Server => side.Server;

    private SimDirectory Directory => side.Server.Directory;

    public async Task<string?> InitializeAsync(CancellationToken stop)
    {
        await side.Disk().ConfigureAwait(false);
        return Prepare() is { } obstacle
            ? obstacle
            : await CreateAsync("initdb", ended => Creation.InitDb(Server, ended), stop).ConfigureAwait(false);
    }

    public async Task<string?> FinishInitializeAsync(CancellationToken stop)
    {
        var problem = await sql.LocalAsync(UsersWithin, (run, done) =>
        {
            // With synchronous_commit = local: nothing is waited for.
            run.Commits.Write(Server.Host.Name, _ => done());
        }, stop).ConfigureAwait(false);
        if (problem is null)
        {
            RemoveMarker();
        }

        return problem;
    }

    public async Task<string?> CloneAsync(Upstream source, CancellationToken stop)
    {
        string? problem = "";
        for (var i = 0; i < Tries; i++)
        {
            if (i > 0)
            {
                await side.PauseAsync(BetweenTries, stop).ConfigureAwait(false);
            }

            await side.Disk().ConfigureAwait(false);
            if (Prepare() is { } obstacle)
            {
                return obstacle;
            }

            problem = await CreateAsync(
                "pg_basebackup", ended => Creation.BaseBackup(Server, source.ConnUrl, ended), stop).ConfigureAwait(false);
            if (problem is null)
            {
                Directory.HasPromoteFile = false;
                RemoveMarker();
                return null;
            }
        }

        return problem;
    }

    public async Task<string?> DiscardAsync(DiscardReason reason)
    {
        await side.Disk().ConfigureAwait(false);
        if (side.Process is not ServerProcess.None)
        {
            return "a server is running";
        }

        await side.Milliseconds(1, 300).ConfigureAwait(false);
        var aside = reason == DiscardReason.CreationFailed && !(Directory.IsMarked && !Directory.HasServed);
        Server.Discard(reason.ToString(), aside);
        RemoveMarker();
        return null;
    }

    /// <summary>Runs a tool to its end; when the job is called off it is killed.</summary>
    public async Task<string?> RunAsync(Func<Action<string?>, SimTool> begin, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        var ended = false;
        string? complaint = null;
        var tool = begin(says => side.Agent.After(TimeSpan.FromTicks(2000), () =>
        {
            ended = true;
            complaint = says;
            side.Wake();
        }));
        try
        {
            await side.UntilAsync(() => ended ? true : null, Instant.Never, stop).ConfigureAwait(false);
            return complaint;
        }
        catch (OperationCanceledException)
        {
            tool.Process.Kill();
            Server.Tool = Server.Tool == tool ? null : Server.Tool;
            throw;
        }
    }

    private async Task<string?> CreateAsync(string name, Func<Action<string?>, SimTool> begin, CancellationToken stop)
    {
        try
        {
            if (await RunAsync(begin, stop).ConfigureAwait(false) is { } complaint)
            {
                ClearUnfinished();
                return $"{name}: {complaint}";
            }

            return null;
        }
        catch (OperationCanceledException)
        {
            ClearUnfinished();
            throw;
        }
    }

    /// <returns>What stands in the way; null: the directory is empty, and marked.</returns>
    private string? Prepare()
    {
        if (side.Process is not ServerProcess.None)
        {
            return "a server is running";
        }

        if (Directory.IsMarked)
        {
            ClearUnfinished();
        }

        if (Directory.Read() is not DataDirectory.Empty)
        {
            return "the data directory is not empty";
        }

        if (Server.Faults.DiskIsFull)
        {
            return "No space left on device";
        }

        Directory.IsMarked = true;
        Directory.HasServed = false;
        return null;
    }

    private void ClearUnfinished()
    {
        if (Directory.Content == DirectoryContent.Unreadable)
        {
            return; // an I/O error: what lies there stays, and the marker says whose it is
        }

        Server.Discard("its creation did not end well", Directory.HasServed);
        RemoveMarker();
    }

    private void RemoveMarker() => Directory.IsMarked = Directory.HasServed = false;
}
