using System.Collections.Immutable;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Guard;
using HaAgent.Postgres.Config;
using HaAgent.Postgres.Control;
using HaAgent.Postgres.Sql;
using Npgsql;

namespace HaAgent.Postgres;

/// <summary>The single commands to a running server: checkpoint, promotion, replay, slots.</summary>
internal sealed class SqlCommands(ServerContext context)
{
    private static readonly TimeSpan CommandWithin = TimeSpan.FromSeconds(10);

    /// <summary>
    /// On a connection of its own and without a statement timeout: a checkpoint takes as long as there are dirty pages.
    /// </summary>
    public Task<StepResult> CheckpointAsync(TimeSpan timeout, CancellationToken stop) =>
        Steps.RunAsync(context, "checkpoint", async () =>
    {
        var session = await context.ConnectAsync(timeout, stop).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            await session.ExecuteAsync(PostgresQueries.Checkpoint).ConfigureAwait(false);
            return null;
        }
    });

    public Task<StepResult> ResumeReplayAsync(CancellationToken stop) =>
        Steps.RunAsync(context, "resuming replay", async () =>
    {
        var session = await context.ConnectAsync(CommandWithin, stop).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            await session.ExecuteAsync(PostgresQueries.ResumeReplay).ConfigureAwait(false);
            return null;
        }
    });

    /// <remarks>
    /// What <c>pg_ctl promote</c> does: a file and a signal. The file alone may promote, for any child's message to the
    /// postmaster makes it look for it; so the file is the effect, and the clock is read right before it. A file that
    /// was created too late is taken back before the signal.
    /// </remarks>
    public Task<StepResult> PromoteAsync(Instant notAfter, CancellationToken stop) =>
        Steps.RunAsync(context, "promotion", () =>
    {
        const string TooLate = "the time to promote had passed";
        var path = Path.Combine(context.DataDirectory, "promote");
        var mode = AtomicFile.ModeFor(path, context.DataDirectory);
        if (context.Postmaster.Process is not ServerProcess.Running)
        {
            return Task.FromResult<string?>("PostgreSQL is not running");
        }

        var state = PgControlFile.Read(context.DataDirectory).State;
        if (state != ControlState.InArchiveRecovery)
        {
            return Task.FromResult<string?>($"the server is not a standby: its control file says {state}");
        }

        stop.ThrowIfCancellationRequested();
        var kills = context.Postmaster.Kills;
        var options =
            new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = mode };
        if (LastMoment.HasPassed(context.Clock, notAfter))
        {
            return Task.FromResult<string?>(TooLate);
        }

        new FileStream(path, options).Dispose();
        if (LastMoment.HasPassed(context.Clock, notAfter) || context.Postmaster.Kills != kills)
        {
            File.Delete(path);
            return Task.FromResult<string?>(TooLate);
        }

        return Task.FromResult(context.Postmaster.Signal(PidFd.SigUsr1) ? null : "the server ended");
    });

    public Task<StepResult> ChangeSlotsAsync(ImmutableArray<SlotChange> changes, CancellationToken stop) =>
        Steps.RunAsync(context, "changing replication slots", async () =>
        {
            var session = await context.ConnectAsync(CommandWithin, stop).ConfigureAwait(false);
            await using (session.ConfigureAwait(false))
            {
                return await ReplicationSlots.ChangeAsync(session, changes).ConfigureAwait(false);
            }
        });
}
