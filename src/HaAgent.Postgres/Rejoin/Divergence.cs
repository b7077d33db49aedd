using System.Globalization;
using System.Text;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Postgres.Config;
using HaAgent.Postgres.Control;
using HaAgent.Postgres.Sql;
using Npgsql;

namespace HaAgent.Postgres.Rejoin;

/// <summary>Gathers where this server stands and what the leader says of its timelines. No judgement.</summary>
internal sealed class Divergence(ServerContext context)
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(10);

    public async Task<DivergenceFacts> CompareAsync(Upstream leader, CancellationToken stop)
    {
        try
        {
            if (!UpstreamAddress.TryParse(leader.ConnUrl, out var address))
            {
                return new() { Unknown = $"the conn_url of {leader.Name} is '{leader.ConnUrl}'" };
            }

            // Who leads is asked even where the local side is not known: whoever wants to replace what lies here needs no more.
            var facts = await LocalAsync(stop).ConfigureAwait(false);
            return await WithLeaderAsync(facts, leader.Name, address, stop).ConfigureAwait(false);
        }
        catch (NpgsqlException e)
        {
            return new() { Unknown = SqlErrors.Describe(e) };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or TimeoutException)
        {
            return new() { Unknown = e.Message };
        }
    }

    private async Task<DivergenceFacts> LocalAsync(CancellationToken stop)
    {
        if (context.Postmaster.Process is ServerProcess.Running
            && await RunningAsync(stop).ConfigureAwait(false) is { } running)
        {
            return running;
        }

        if (await context.ControlData.FactsAsync(stop).ConfigureAwait(false) is not { } control)
        {
            return new() { Unknown = "the local control file cannot be read" };
        }

        var minimum = control.MinimumRecoveryEnd;
        return control.State switch
        {
            ControlState.ShutDownInRecovery or ControlState.InArchiveRecovery when minimum.Lsn.IsKnown
                && minimum.Timeline.IsKnown =>
                new() { Local = minimum, LocalInRecovery = true },
            ControlState.ShutDownInRecovery or ControlState.InArchiveRecovery or ControlState.ShutDown =>
                new() { Local = control.Checkpoint, LocalEndOfCheckpoint = control.EndOfCheckpoint },
            _ => new()
            {
                Unknown =
                $"the local server was not shut down cleanly ({control.State}): where its WAL ends is not known"
            },
        };
    }

    /// <summary>Null when the server takes no connections: the control file has to do.</summary>
    private async Task<DivergenceFacts?> RunningAsync(CancellationToken stop)
    {
        if (context.Board.Latest.Sql is not SqlReading.Answered)
        {
            return null;
        }

        var session = await context.ConnectAsync(Within, stop).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            var row = (await session.QueryAsync(PostgresQueries.LocalPosition).ConfigureAwait(false))[0];
            var inRecovery = (bool)row[0]!; // never null
            var timeline = await new ReplayTimeline(context.Connections, context.Clock)
                .AskAsync(PostmasterPidFile.TryRead(context.DataDirectory), Within, stop).ConfigureAwait(false);
            return timeline.IsKnown && Lsn.TryParse((string?)row[1], out var position)
                ? new() { Local = new(timeline, position), LocalInRecovery = inRecovery }
                : new() { Unknown = "the local server did not tell where it is" };
        }
    }

    private async Task<DivergenceFacts> WithLeaderAsync(
        DivergenceFacts local, NodeName name, UpstreamAddress address, CancellationToken stop)
    {
        var session = await SqlSession.OpenAsync(context.Connections.ForRewind(address), context.Clock, Within, stop)
            .ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            var row = (await session.QueryAsync(PostgresQueries.LeaderFacts).ConfigureAwait(false))[0];
            if (row[1] is not false)
            {
                return local with { LeaderInRecovery = true, Unknown = $"{name} is still in recovery" };
            }

            var timeline =
                new Timeline(uint.Parse((string)row[2]!, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
            var facts = local with
            {
                LeaderSystemIdentifier = (string)row[0]!,
                LeaderTimeline = timeline,
                LeaderCheckpointDone = new Timeline((uint)(int)row[3]!) == timeline,
            };
            if (timeline.Value <= 1)
            {
                return facts;
            }

            var history =
                await session.QueryAsync(
                    PostgresQueries.ReadHistoryFile, "pg_wal/" + TimelineHistory.FileName(timeline))
                .ConfigureAwait(false);
            return facts with
            {
                LeaderHistory =
                TimelineHistory.Parse(Encoding.UTF8.GetString((byte[])history[0][0]!))
            };
        }
    }
}
