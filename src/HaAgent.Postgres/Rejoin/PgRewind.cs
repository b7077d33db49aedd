using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Postgres.Config;
using HaAgent.Postgres.Control;
using HaAgent.Postgres.Sql;
using Npgsql;

namespace HaAgent.Postgres.Rejoin;

/// <summary>Makes a diverged data directory a copy of the leader's by <c>pg_rewind</c>.</summary>
internal sealed class PgRewind(ServerContext context)
{
    /// <summary>It reads the whole WAL since the divergence and copies what differs; a cancelled job ends it.</summary>
    private static readonly TimeSpan Within = TimeSpan.FromDays(1);
    private static readonly TimeSpan LeaderAnswersWithin = TimeSpan.FromSeconds(5);

    /// <summary>EXIT_FAILURE of a PostgreSQL program that has said why.</summary>
    private const int OwnFailure = 1;

    /// <summary>Characters. What tools say is kept from its end; this much is.</summary>
    private const int SurelyWhole = 64 * 1024;

    private readonly WalRescue _wal = new(context);
    private readonly SingleUserRecovery _recovery = new(context);

    public async Task<RewindResult> RunAsync(Upstream leader, CancellationToken stop)
    {
        try
        {
            return await TryAsync(leader, stop).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Report(RewindOutcome.Failed, e.Message);
        }
    }

    private async Task<RewindResult> TryAsync(Upstream leader, CancellationToken stop)
    {
        if (!UpstreamAddress.TryParse(leader.ConnUrl, out var address))
        {
            return Report(RewindOutcome.SourceUnreachable, $"the conn_url of {leader.Name} is '{leader.ConnUrl}'");
        }

        if (await ObstacleAsync(stop).ConfigureAwait(false) is { } obstacle)
        {
            return Report(RewindOutcome.NotPossible, obstacle);
        }

        if (context.RewindMarker.Exists)
        {
            return Report(RewindOutcome.Failed, "an earlier rewind was broken off: what lies here is of two histories, and only a new copy helps");
        }

        var remembered = context.Files.Remember(context.Configuration);
        await _wal.ArchiveReadyAsync(stop).ConfigureAwait(false);
        var control = await context.ControlData.FactsAsync(stop).ConfigureAwait(false);
        if (!TellsItsTimeline(control) && await _recovery.RunAsync(stop).ConfigureAwait(false) is { } problem)
        {
            // pg_rewind would try the same; its complaint is the one to report.
            PgLog.StepFailed(context.Log, "crash recovery before the rewind", problem);
        }

        PassFile.Write(context.Options.PassFile, address, context.Options.Rewind, context.Options.Replication);
        context.RewindMarker.Write(leader.Name.Value);
        var result = await RunToolAsync(address, stop).ConfigureAwait(false);
        context.Files.PutBack(remembered);
        if (result.Succeeded)
        {
            context.RewindMarker.Remove();
            var unneeded = (result.Output + result.Error).Contains("no rewind required", StringComparison.Ordinal);
            return Report(unneeded ? RewindOutcome.NotNeeded : RewindOutcome.Done, "");
        }

        if (!HasChangedNothing(result))
        {
            return Report(RewindOutcome.Failed, $"broken off after it had begun to change files: only a new copy helps (pg_rewind: {result.Complaint})");
        }

        context.RewindMarker.Remove();

        var leaderIsWell = await LeaderIsWellAsync(address, stop).ConfigureAwait(false);
        var usable = await context.ControlData.FactsAsync(stop).ConfigureAwait(false) is not null;
        return Report(leaderIsWell || !usable ? RewindOutcome.Failed : RewindOutcome.SourceUnreachable,
            $"pg_rewind: {result.Complaint}");
    }

    /// <summary>
    /// It has ended by itself, with its own complaint, and what it said is all there and lacks what it says, asked to show its progress, when
    /// it has found out what to copy and is about to begin.
    /// </summary>
    private static bool HasChangedNothing(ProcessResult result)
    {
        var said = result.Error + result.Output;
        return result.ExitCode == OwnFailure && said.Length < SurelyWhole
            && (said.Contains("error:", StringComparison.Ordinal) || said.Contains("fatal:", StringComparison.Ordinal))
            && !said.Contains("need to copy", StringComparison.Ordinal);
    }

    /// <summary>Whether pg_rewind can read from the control file where this server ended, and on which timeline.</summary>
    /// <remarks>
    /// Before version 16 it reads the timeline of the last checkpoint alone, which is an older one when the server was
    /// promoted and ended before its first checkpoint: it would find that nothing had to be done.
    /// </remarks>
    private static bool TellsItsTimeline(ControlFacts? control) => control?.State switch
    {
        ControlState.ShutDown => true,
        ControlState.ShutDownInRecovery => control.MinimumRecoveryEnd.Timeline <= control.Checkpoint.Timeline,
        _ => false,
    };

    /// <summary>What makes a rewind impossible from the start; null: nothing.</summary>
    private async Task<string?> ObstacleAsync(CancellationToken stop)
    {
        if (context.Postmaster.Process is not ServerProcess.None)
        {
            return "the server is running";
        }

        var tool = context.Configuration.Tool("pg_rewind");
        if (!UnixFile.IsExecutable(tool))
        {
            return $"{tool} is not there: is postgresql.bin_dir right?";
        }

        var control = await context.ControlData.FactsAsync(stop).ConfigureAwait(false);
        return control is null ? "the local control file cannot be read"
            : !control.ChecksumsOrHints ? "neither wal_log_hints nor data checksums were on when this server last ran"
            : null;
    }

    /// <summary>
    /// Runs the tool again as long as each run misses another WAL file that can be fetched from the archive.
    /// </summary>
    private async Task<ProcessResult> RunToolAsync(UpstreamAddress leader, CancellationToken stop)
    {
        var fetched = new HashSet<string>(StringComparer.Ordinal);
        var arguments = Arguments(leader, out var restoresItself);
        while (true)
        {
            var command = new Command(context.Configuration.Tool("pg_rewind"), arguments)
            {
                Environment = new Dictionary<string, string>(context.EnvironmentForServer())
                {
                    ["PGPASSFILE"] = context.Options.PassFile,
                    ["PGOPTIONS"] = "-c statement_timeout=0",
                },
            };
            var result = await context.Runner.RunAsync(command, Within, stop).ConfigureAwait(false);
            if (result.Succeeded || restoresItself
                || WalRescue.MissingFile(result.Error + result.Output) is not { } missing || !fetched.Add(missing)
                || !await _wal.RestoreAsync(missing, stop).ConfigureAwait(false))
            {
                return result;
            }
        }
    }

    private List<string> Arguments(UpstreamAddress leader, out bool restoresItself)
    {
        var configuration = context.Configuration;
        var version = context.Binary.LastVersion;
        var keys = ConnInfo.To(leader, context.Options.Rewind, configuration.Database, version);
        keys["target_session_attrs"] = "read-write";
        List<string> arguments =
        [
            "--progress", $"--target-pgdata={context.DataDirectory}", $"--source-server={ConnInfo.Render(keys)}",
                .. configuration.RewindArguments,
        ];
        var elsewhere = context.Options.ConfigDirectory != context.DataDirectory;
        restoresItself = configuration.RecoveryConf.ContainsKey("restore_command")
            && (!elsewhere || version.Has(PostgresCapability.RewindConfigFile));
        if (restoresItself)
        {
            arguments.Add("--restore-target-wal");
        }

        if (elsewhere && version.Has(PostgresCapability.RewindConfigFile))
        {
            arguments.Add("--config-file=" + context.Files.ConfPath(configuration));
        }

        return arguments;
    }

    private async Task<bool> LeaderIsWellAsync(UpstreamAddress leader, CancellationToken stop)
    {
        try
        {
            var session =
                await SqlSession.OpenAsync(
                    context.Connections.ForRewind(leader), context.Clock, LeaderAnswersWithin, stop)
                .ConfigureAwait(false);
            await using (session.ConfigureAwait(false))
            {
                return (await session.QueryAsync(PostgresQueries.IsInRecovery).ConfigureAwait(false)) is [[false]];
            }
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            return false;
        }
    }

    private RewindResult Report(RewindOutcome outcome, string detail)
    {
        if (outcome is RewindOutcome.Done or RewindOutcome.NotNeeded)
        {
            PgLog.StepDone(context.Log, $"rewind ({outcome})", 0);
        }
        else
        {
            PgLog.StepFailed(context.Log, $"rewind ({outcome})", detail);
        }

        return new(outcome, detail);
    }
}
