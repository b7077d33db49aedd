using HaAgent.Core.Model;
using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Postgres;

/// <summary>A connection for one piece of work, to the local server or to another, bounded by one deadline.</summary>
internal sealed class SqlWork(AgentSide side)
{
    private static readonly TimeSpan ConnectWithin = TimeSpan.FromSeconds(3);

    /// <param name="work">Done by a backend; it calls back when it is done.</param>
    /// <returns>What failed; null: done.</returns>
    public Task<string?> LocalAsync(TimeSpan within, Action<ServerRun, Action> work, CancellationToken stop) =>
        side.Server.Run is { } run ? AskAsync(run, within, work, stop) : Task.FromResult<string?>("connection refused");

    /// <returns>What failed; null: <paramref name="work"/> was done there.</returns>
    public async Task<string?> RemoteAsync(string url, TimeSpan within, Action<ServerRun> work, CancellationToken stop)
    {
        var connect = within < ConnectWithin ? within : ConnectWithin;
        var until = side.Now + connect;
        var network = side.Server.World.Network;
        var here = side.Server.Host.Name;
        await side.Milliseconds(1, 6).ConfigureAwait(false);
        if (side.Server.History.Find(url) is not { } there || !network.ReachBoth(here, there.Host.Name))
        {
            await side.PauseAsync(until - side.Now, stop).ConfigureAwait(false);
            return "the connection timed out";
        }

        return there.Run is not { } run
            ? "connection refused"
            : await AskAsync(run, connect, (at, done) =>
            {
                if (network.ReachBoth(here, there.Host.Name))
                {
                    work(at);
                    done();
                }
            }, stop).ConfigureAwait(false);
    }

    private async Task<string?> AskAsync(ServerRun run, TimeSpan within, Action<ServerRun, Action> work, CancellationToken stop)
    {
        string? problem = "";
        var until = side.Now + within;
        run.Backends.Died += OnBroken;
        var generation = -1;
        side.Agent.After(side.Chance.Milliseconds(0.5, 4), Connect);
        try
        {
            var ended = await side.UntilAsync(() => problem is not "" ? true : null, until, stop).ConfigureAwait(false);
            return ended ? problem : "PostgreSQL did not answer in time";
        }
        finally
        {
            run.Backends.Died -= OnBroken;
        }

        void Connect()
        {
            if (run.Postmaster.IsDead)
            {
                End("connection refused");
                return;
            }

            run.Postmaster.Deliver(() =>
            {
                if (run.Accepts)
                {
                    generation = run.Commits.Generation;
                    run.Backends.Deliver(Work);
                }
                else
                {
                    End("57P03: the database system is not accepting connections");
                }
            });
        }

        void Work()
        {
            if (generation != run.Commits.Generation || run.Server.Directory.Branch is null)
            {
                End("57P01: terminating connection due to administrator command");
            }
            else
            {
                work(run, () => End(null));
            }
        }

        void OnBroken() => End("the connection is broken");

        void End(string? with) => side.Agent.After(side.Chance.Milliseconds(0.1, 1), () =>
        {
            if (problem is "")
            {
                problem = with;
                side.Wake();
            }
        });
    }
}
