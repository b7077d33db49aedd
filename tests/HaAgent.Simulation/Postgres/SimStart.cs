using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Simulation.Postgres;

/// <summary>How an agent starts its server: files, the last look at the clock, the process, and waiting until it is ready.</summary>
internal sealed class SimStart(AgentSide side, SimObserver observer, SqlWork sql)
{
    private static readonly TimeSpan ProbeAfterStart = TimeSpan.FromSeconds(2);

    /// <summary>Called with the effect's name between the look at the clock and the effect.</summary>
    public Action<string>? BeforeEffect { get; set; }

    public async Task<StartResult> RunAsync(StartPlan plan, Instant notAfter, TimeSpan timeout, CancellationToken stop)
    {
        await side.Hop().ConfigureAwait(false);
        var kills = side.Kills;
        var until = side.Now + timeout;
        switch (side.Process)
        {
            case ServerProcess.SingleUser:
                return Failed("a single-user server holds the data directory");
            case ServerProcess.Running:
                return await WaitUntilReadyAsync(until, stop).ConfigureAwait(false);
        }

        if (plan.Follow is { } follow && !follow.ConnUrl.StartsWith("postgres", StringComparison.Ordinal))
        {
            return Failed($"cannot follow {follow.Name}: its conn_url is '{follow.ConnUrl}'");
        }

        // The binary's version; on a standby the control file's values too.
        await side.Milliseconds(1, plan.AsPrimary ? 5 : 25).ConfigureAwait(false);
        await side.Disk().ConfigureAwait(false);
        var result = await LaunchAsync(plan, notAfter, until, kills, stop).ConfigureAwait(false);
        if (result.Outcome == StartOutcome.Running)
        {
            side.Directory.HasServed |= side.Directory.IsMarked;
            await observer.BallotAsync(side.Now + ProbeAfterStart, stop).ConfigureAwait(false);
            observer.LookSoon();
            await sql.LocalAsync(ProbeAfterStart, (_, done) => done(), stop).ConfigureAwait(false);
        }

        return result;
    }

    /// <summary>Whom to follow, as the files will say it. Their being written is not what makes anything writable.</summary>
    public static bool WriteFiles(SimServer server, bool asPrimary, Upstream? follow)
    {
        var url = asPrimary ? null : follow?.ConnUrl;
        var slot = url is not null && server.UsesSlots ? new NodeName(server.Name).SlotName() : null;
        var changed = server.Directory.UpstreamUrl != url || server.Directory.SlotName != slot;
        server.Directory.UpstreamUrl = url;
        server.Directory.SlotName = slot;
        return changed;
    }

    private async Task<StartResult> LaunchAsync(
        StartPlan plan, Instant notAfter, Instant until, int kills, CancellationToken stop)
    {
        var server = side.Server;
        if (server.Faults.DiskIsFull)
        {
            return Failed("No space left on device");
        }

        if (plan.Only.IsKnown && (server.Directory.Read() as DataDirectory.Initialized)?.Identity != plan.Only)
        {
            return Failed("it is not the directory that PostgreSQL ran from");
        }

        WriteFiles(server, plan.AsPrimary, plan.Follow);
        server.Directory.HasStandbySignal = !plan.AsPrimary && server.Directory.Content == DirectoryContent.Initialized;
        stop.ThrowIfCancellationRequested();
        if (side.HasPassed(notAfter))
        {
            return new(StartOutcome.TooLate, "the time to start had passed");
        }

        BeforeEffect?.Invoke(plan.AsPrimary ? "start as primary" : "start as standby");
        await side.Here().ConfigureAwait(false);
        if (server.Start() is { } problem)
        {
            return Failed($"the server ended at once: {problem}");
        }

        side.Adopt();
        if (side.Kills != kills)
        {
            // A fence was in the air while this start was under way, and may have looked before there was anything to see.
            side.CountKill();
            server.KillEverything();
            return new(StartOutcome.TooLate, "a fence crossed the start");
        }

        return await WaitUntilReadyAsync(until, stop).ConfigureAwait(false);
    }

    private async Task<StartResult> WaitUntilReadyAsync(Instant until, CancellationToken stop)
    {
        var ready = await side.UntilAsync(
            () => side.Held is not { } run ? false : run.Accepts ? true : null, until, stop).ConfigureAwait(false);
        return ready ? new(StartOutcome.Running, "")
            : side.Held is null ? Failed("the server ended while starting")
            : new(StartOutcome.StillStarting, "the server is still starting up");
    }

    private static StartResult Failed(string detail) => new(StartOutcome.Failed, detail);
}
