using System.Text.RegularExpressions;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Postgres.Config;
using HaAgent.Postgres.Control;
using HaAgent.Postgres.Sql;
using Npgsql;

namespace HaAgent.Postgres;

/// <summary>Starts the postmaster and waits until it is ready.</summary>
internal sealed partial class PostmasterStart(ServerContext context, Observer observer, ParameterKnowledge knowledge)
{
    private static readonly TimeSpan ProbeAfterStart = TimeSpan.FromSeconds(2);

    /// <summary>Without inotify the pid file is looked at this often; with it, as a safety net only.</summary>
    private static readonly TimeSpan PollBlind = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan PollWatched = TimeSpan.FromMilliseconds(500);

    /// <summary>Parameters that this start had to raise above the configuration: they await a restart.</summary>
    public IReadOnlyDictionary<string, string> Raised { get; private set; } = new Dictionary<string, string>();

    public async Task<StartResult> RunAsync(StartPlan plan, Instant notAfter, TimeSpan timeout, CancellationToken stop)
    {
        try
        {
            var kills = context.Postmaster.Kills;
            var until = context.Now + timeout;
            if (context.Postmaster.Process is ServerProcess.SingleUser single)
            {
                return Failed($"a single-user server (pid {single.Pid}) holds the data directory");
            }

            if (context.Postmaster.Process is ServerProcess.Running)
            {
                return await WaitUntilReadyAsync(until, () => "", stop).ConfigureAwait(false);
            }

            return await StartAsync(plan, notAfter, until, kills, stop).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            return Failed(e.Message);
        }
        catch (UnauthorizedAccessException e)
        {
            return Failed(e.Message);
        }
    }

    private async Task<StartResult> StartAsync(
        StartPlan plan, Instant notAfter, Instant until, int kills, CancellationToken stop)
    {
        if (await context.Binary.AskAsync(stop).ConfigureAwait(false) is not { } binary)
        {
            return Failed($"{context.Configuration.Tool("postgres")} --version gave no version: is postgresql.bin_dir right?");
        }

        if (context.RewindMarker.Exists)
        {
            return Failed($"a rewind or a removal of {context.DataDirectory} was broken off ({context.RewindMarker.Location}): it needs a new copy");
        }

        UpstreamAddress? follow = null;
        if (plan.Follow is { } upstream)
        {
            if (!UpstreamAddress.TryParse(upstream.ConnUrl, out var address))
            {
                return Failed($"cannot follow {upstream.Name}: its conn_url is '{upstream.ConnUrl}'");
            }

            follow = address;
        }

        var catalog = await knowledge.GetAsync(stop).ConfigureAwait(false);
        Raised = plan.AsPrimary ? new Dictionary<string, string>() : await ParametersOfPrimaryAsync(stop)
            .ConfigureAwait(false);
        var filePlan = new FilePlan(context.Configuration, catalog, binary.Version, plan.AsPrimary, follow, Raised);
        PgLog.Starting(
            context.Log, binary.Version, context.DataDirectory, plan.AsPrimary ? "as primary" : "in recovery");
        var lies = UnixFile.Identity(context.DataDirectory);
        if (plan.Only.IsKnown && lies != plan.Only)
        {
            return Failed($"{context.DataDirectory} is not the directory that PostgreSQL ran from: it was mounted or copied there since");
        }

        var (result, log) = await LaunchAsync(filePlan, notAfter, until, kills, stop).ConfigureAwait(false);
        if (result.Outcome == StartOutcome.Failed && !catalog.IsComplete
            && RefusedParameters(log) is { Count: > 0 } refused)
        {
            // What it refuses was not known to be wrong: this server has never been asked what it takes.
            PgLog.StartingWithout(context.Log, string.Join(", ", refused));
            var without = filePlan with { Catalog = catalog.Without(refused) };
            (result, _) = await LaunchAsync(without, notAfter, until, kills, stop).ConfigureAwait(false);
        }

        if (result.Outcome == StartOutcome.Running)
        {
            await AfterReadyAsync(stop).ConfigureAwait(false);
        }
        else if (result.Outcome == StartOutcome.Failed)
        {
            PgLog.StartFailed(context.Log, result.Detail);
        }

        return result;
    }

    private async Task<(StartResult Result, string Log)> LaunchAsync(
        FilePlan plan, Instant notAfter, Instant until, int kills, CancellationToken stop)
    {
        context.Files.Write(plan, warning => PgLog.ConfigurationWarning(context.Log, warning));
        context.Files.WriteSignals(plan.IsPrimary);
        var environment = context.EnvironmentForServer();
        if (Environment.GetEnvironmentVariable("PG_MALLOC_ARENA_MAX") is { Length: > 0 } arenas)
        {
            environment["MALLOC_ARENA_MAX"] = arenas;
        }

        var log = LogTail.Begin(context.Options.PostmasterLog);
        List<string> program = [plan.Configuration.Tool("postgres"), .. context.Files.CommandLine(plan)];
        var setsid = Setsid.Find()
            ?? throw new IOException("setsid (package util-linux) was not found in $PATH, /usr/bin or /bin");
        stop.ThrowIfCancellationRequested();
        if (LastMoment.HasPassed(context.Clock, notAfter))
        {
            return (new(StartOutcome.TooLate, "the time to start had passed"), "");
        }

        var held = DetachedProcess.Start(setsid, program, environment, context.Options.PostmasterLog, context.Events);
        if (held is null || !context.Postmaster.AdoptStarted(held))
        {
            return (Failed($"the server ended at once: {log.Read()}"), log.Read());
        }

        if (context.Postmaster.Kills != kills)
        {
            // A fence was in the air while this start was under way, and may have looked before there was anything to
            // see.
            context.Postmaster.Kill();
            return (new(StartOutcome.TooLate, "a fence crossed the start"), "");
        }

        return (await WaitUntilReadyAsync(until, log.Read, stop).ConfigureAwait(false), log.Read());
    }

    /// <summary>By what the postmaster writes into its pid file, and by its end. Nothing is asked of it.</summary>
    private async Task<StartResult> WaitUntilReadyAsync(Instant until, Func<string> log, CancellationToken stop)
    {
        using var watch = FileWatch.TryCreate(context.DataDirectory, context.Events);
        while (true)
        {
            var changed = watch?.Changed;
            var exited = context.Postmaster.Exited;
            if (context.Postmaster.Process is not ServerProcess.Running running)
            {
                return Failed($"the server ended while starting: {log()}");
            }

            if (PostmasterPidFile.TryRead(context.DataDirectory) is
                {
                    Status: PostmasterStatus.Ready
                or PostmasterStatus.Standby
                } file
                && file.Pid == running.Pid)
            {
                return new(StartOutcome.Running, "");
            }

            var left = until - context.Now;
            if (left <= TimeSpan.Zero)
            {
                return new(StartOutcome.StillStarting, "the server is still starting up");
            }

            var pause = watch is null ? PollBlind : PollWatched;
            await Waiting.AnyAsync(context.Clock, left < pause ? left : pause, stop, exited, changed ?? exited)
                .ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Brings <see cref="ReadingBoard.Latest"/> up to date, and keeps what only a running server can tell.
    /// </summary>
    private async Task AfterReadyAsync(CancellationToken stop)
    {
        context.Marker.NoteServed();
        context.Files.SaveBackups(context.Configuration);
        await observer.BallotAsync(context.Now + ProbeAfterStart, stop).ConfigureAwait(false);
        observer.LookSoon();
        try
        {
            var session = await context.ConnectAsync(ProbeAfterStart, stop).ConfigureAwait(false);
            await using (session.ConfigureAwait(false))
            {
                await knowledge.RefreshAsync(session, stop).ConfigureAwait(false);
            }
        }
        catch (NpgsqlException e)
        {
            PgLog.StepFailed(context.Log, "reading pg_settings", SqlErrors.Describe(e));
        }
        catch (TimeoutException e)
        {
            PgLog.StepFailed(context.Log, "reading pg_settings", e.Message);
        }
    }

    /// <summary>
    /// The values of the control file that are higher than the configured ones: a standby will not run with less.
    /// </summary>
    private async Task<IReadOnlyDictionary<string, string>> ParametersOfPrimaryAsync(CancellationToken stop)
    {
        var raised = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var control = await context.ControlData.ReadAsync(stop).ConfigureAwait(false);
        foreach (var name in ControlledParameters.HotStandbySensitive)
        {
            var label = name switch
            {
                "max_prepared_transactions" => "max_prepared_xacts setting",
                "max_locks_per_transaction" => "max_locks_per_xact setting",
                _ => name + " setting",
            };
            if (long.TryParse(control.GetValueOrDefault(label), out var before)
                && context.Configuration.Controlled.TryGetValue(name, out var configured)
                && long.TryParse(configured, out var now) && before > now)
            {
                raised[name] = control[label];
                PgLog.ParameterRaised(context.Log, name, control[label]);
            }
        }

        return raised;
    }

    private static StartResult Failed(string detail) => new(StartOutcome.Failed, detail);

    internal static List<string> RefusedParameters(string log) =>
        [.. Refusal().Matches(log).Select(match =>
            match.Groups["name"].Value).Distinct(StringComparer.OrdinalIgnoreCase)];

    [GeneratedRegex("(unrecognized configuration parameter|invalid value for parameter|outside the valid range for parameter) \"(?<name>[^\"]+)\"")]
    private static partial Regex Refusal();
}
