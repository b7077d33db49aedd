using System.Collections.Immutable;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Simulation.Postgres;

/// <summary>How an agent compares its server with the leader's and rewinds it; and what it reads of its own control file.</summary>
internal sealed class SimRejoin(AgentSide side, SimBoard board, SqlWork sql, SimCreation tools)
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LeaderAnswersWithin = TimeSpan.FromSeconds(5);

    private SimDirectory Directory => side.Server.Directory;

    public async Task<ControlFacts?> ReadControlAsync()
    {
        await side.Disk().ConfigureAwait(false);
        await side.Milliseconds(5, 40).ConfigureAwait(false);
        if (Directory.Content != DirectoryContent.Initialized)
        {
            return null;
        }

        var checkpoint = Directory.Checkpoint!; // there is a control file
        var isDown = Directory.State == ControlState.ShutDown;
        return new(
            Directory.SystemIdentifier,
            Directory.State,
            checkpoint.Position,
            !isDown ? Lsn.Unknown : side.Server.ShutdownSwitch.IsKnown ? side.Server.ShutdownSwitch : checkpoint.At,
            Directory.MinimumRecoveryEnd is { } minimum ? new(minimum.Branch.Number, minimum.At) : WalPosition.Unknown,
            isDown ? checkpoint.End : Lsn.Unknown,
            ChecksumsOrHints: true);
    }

    public async Task<HistoryFile?> ReadHistoryAsync(Timeline timeline)
    {
        await side.Hop().ConfigureAwait(false);
        await side.Disk().ConfigureAwait(false);
        for (var at = Directory.Branch; at is not null; at = at.Parent)
        {
            if (at.Number == timeline)
            {
                var modified = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero) + at.CreatedAt;
                return timeline.Value <= 1 ? null : new(at.History(), modified);
            }
        }

        return null;
    }

    public async Task<DivergenceFacts> CompareAsync(Upstream leader, CancellationToken stop)
    {
        await side.Hop().ConfigureAwait(false);
        var facts = await LocalAsync(stop).ConfigureAwait(false);
        var problem = await sql.RemoteAsync(leader.ConnUrl, Within, run =>
        {
            var there = run.Server.Directory;
            var branch = there.Branch!; // it runs
            facts = run.IsInRecovery
                ? facts with { LeaderInRecovery = true, Unknown = $"{leader.Name} is still in recovery" }
                : facts with
                {
                    LeaderSystemIdentifier = there.SystemIdentifier,
                    LeaderTimeline = branch.Number,
                    LeaderCheckpointDone = there.Checkpoint!.Branch.Number == branch.Number,
                    LeaderHistory = branch.History(),
                };
        }, stop).ConfigureAwait(false);
        return problem is null ? facts : new() { Unknown = problem };
    }

    public async Task<RewindResult> RewindAsync(Upstream leader, CancellationToken stop)
    {
        await side.Hop().ConfigureAwait(false);
        if (side.Process is not ServerProcess.None)
        {
            return new(RewindOutcome.NotPossible, "the server is running");
        }

        if (await ReadControlAsync().ConfigureAwait(false) is not { } control)
        {
            return new(RewindOutcome.NotPossible, "the local control file cannot be read");
        }

        if (Directory.IsBroken)
        {
            return new(RewindOutcome.Failed, "an earlier rewind was broken off");
        }

        if (!TellsItsTimeline(control))
        {
            // Its failure is pg_rewind's to report.
            await tools.RunAsync(ended => Rewinding.Recover(side.Server, ended), stop).ConfigureAwait(false);
        }

        var complaint = await tools.RunAsync(ended => Rewinding.Rewind(side.Server, leader.ConnUrl, ended), stop)
            .ConfigureAwait(false);
        if (complaint is null or Rewinding.NotNeeded)
        {
            return new(complaint is null ? RewindOutcome.Done : RewindOutcome.NotNeeded, "");
        }

        var isWell = false;
        await sql.RemoteAsync(leader.ConnUrl, LeaderAnswersWithin, run => isWell = !run.IsInRecovery, stop).ConfigureAwait(false);
        var usable = await ReadControlAsync().ConfigureAwait(false) is not null;
        return new(isWell || !usable ? RewindOutcome.Failed : RewindOutcome.SourceUnreachable, $"pg_rewind: {complaint}");
    }

    private static bool TellsItsTimeline(ControlFacts control) => control.State switch
    {
        ControlState.ShutDown => true,
        ControlState.ShutDownInRecovery => control.MinimumRecoveryEnd.Timeline <= control.Checkpoint.Timeline,
        _ => false,
    };

    private async Task<DivergenceFacts> LocalAsync(CancellationToken stop)
    {
        if (side.Process is ServerProcess.Running && board.Latest.Sql is SqlReading.Answered)
        {
            DivergenceFacts? running = null;
            var problem = await sql.LocalAsync(Within, (run, done) =>
            {
                var position = run.IsInRecovery ? run.Replayed : Directory.Flushed;
                var branch = run.IsInRecovery ? Directory.Branch!.Owner(position) : Directory.Branch!; // it runs
                running = new() { Local = new(branch.Number, position), LocalInRecovery = run.IsInRecovery };
                done();
            }, stop).ConfigureAwait(false);
            return running ?? new() { Unknown = problem ?? "no answer" };
        }

        if (await ReadControlAsync().ConfigureAwait(false) is not { } control)
        {
            return new() { Unknown = "the local control file cannot be read" };
        }

        var minimum = control.MinimumRecoveryEnd;
        return control.State switch
        {
            ControlState.ShutDownInRecovery or ControlState.InArchiveRecovery when minimum.Lsn.IsKnown && minimum.Timeline.IsKnown =>
                new() { Local = minimum, LocalInRecovery = true },
            ControlState.ShutDownInRecovery or ControlState.InArchiveRecovery or ControlState.ShutDown =>
                new() { Local = control.Checkpoint, LocalEndOfCheckpoint = control.EndOfCheckpoint },
            _ => new() { Unknown = $"the local server was not shut down cleanly ({control.State})" },
        };
    }
}
