using HaAgent.Core.Authority;
using HaAgent.Core.Decision;
using HaAgent.Core.Duties;
using HaAgent.Core.Effects;
using HaAgent.Core.Jobs;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using Microsoft.Extensions.Logging;

namespace HaAgent.Core.Loop;

/// <summary>When the node looks and decides: at each tick, at each wake-up, and at the instants that its authority names.</summary>
public sealed class HaLoop : IDisposable
{
    /// <summary>A reading is asked for so long before a tick, so that the tick has a fresh one.</summary>
    private static readonly TimeSpan ProbeLead = TimeSpan.FromMilliseconds(200);

    /// <summary>Shortest sleep, unless something wakes the loop.</summary>
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(5);

    /// <summary>How long the first look at the server may take.</summary>
    private static readonly TimeSpan FirstProbe = TimeSpan.FromSeconds(3);

    private readonly LoopParts _parts;
    private readonly WakeUp _wake = new();
    private readonly LoopState _state;
    private readonly Background _background;
    private readonly JobRunner _jobs;
    private readonly FenceLadder _ladder;
    private readonly Turn _turn;
    private readonly ILogger _logger;
    private Instant _nextTick;
    private GuardOrder? _lastOrder;
    private bool _shutdownRequested;

    public HaLoop(LoopParts parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        _parts = parts;
        _logger = parts.Loggers.CreateLogger("HaAgent.Loop");
        _state = new(parts.Identity, _wake);
        _background = new(_wake);
        _jobs = new(parts.Postgres, parts.Guard, _background, parts.Clock, _logger) { Order = Order };
        _ladder = new(parts.Postgres, parts.Guard, parts.Alarms, _logger);
        var stall = new StallMeter(_logger);
        var requests = new RequestEffects(parts.Dcs, parts.Settings, parts.Mailbox, _state, _background);
        var store = new StoreEffects(parts.Dcs, _state, _background, stall, () => Order().GiveTo(parts.Guard), parts.Clock, _logger);
        var executor = new Executor(store, requests, _jobs, parts.Peers, parts.Postgres, _ladder, parts.Settings, _state, _background, parts.Clock, _logger);
        var upkeep = new UpkeepRunner(parts.Dcs, parts.Postgres, parts.Peers, _state, _background, parts.Clock, _logger);
        var times = new TimesInForce(parts, _state, _logger);
        _turn = new(parts, _state, _jobs, executor, requests, upkeep, times, new(parts.Board, parts.Identity, stall, parts.Clock), _logger);
        _jobs.Changed += _wake.Set;
        _jobs.AboutToBecomeWritable += OnAboutToBecomeWritable;
        _jobs.Ended += OnJobEnded;
        parts.Dcs.Changed += _ => _wake.Set();
        parts.Postgres.Changed += _wake.Set;
        parts.Mailbox.Posted += _wake.Set;
        parts.Guard.Changed += _wake.Set;
    }

    /// <summary>
    /// Raised on the loop's thread when a chain of turns has come to its wait: this loop is alive. Handlers must be quick.
    /// </summary>
    public event Action? CycleCompleted;

    /// <summary>From any thread: run the ending sequence and return from <see cref="RunAsync"/>.</summary>
    public void RequestShutdown()
    {
        Volatile.Write(ref _shutdownRequested, true);
        _wake.Set();
    }

    /// <summary>From any thread: something changed that the ports do not tell of.</summary>
    public void Wake() => _wake.Set();

    /// <summary>Runs on the pump until the node's end.</summary>
    /// <returns>The exit code of the process.</returns>
    public async Task<int> RunAsync()
    {
        try
        {
            await AdoptAsync();
            while (_state.ExitCode is null)
            {
                await CycleAsync();
            }
        }
        catch (Exception broken)
        {
            // The one place for it: a promise of our own code is broken. Whatever this node is, it must not go on writing.
            HaLog.BrokenPromise(_logger, broken);
            await FenceForGoodAsync();
            throw;
        }

        await _turn.LastWordAsync();
        return _state.ExitCode.Value;
    }

    public void Dispose() => _jobs.Dispose();

    /// <summary>What is here already: a server that outlived the last agent keeps running, on the deadline that agent left.</summary>
    private async Task AdoptAsync()
    {
        // A server that does not answer must not use up what is left of a short lease: the store is to be asked too.
        var predecessor = _parts.Guard.Predecessor;
        var left = predecessor - Now;
        await _parts.Postgres.ProbeAsync(Now + (left < FirstProbe * 2 ? left.Value / 2 : FirstProbe), CancellationToken.None);
        var view = _turn.Look();
        _state.Change(_ => Fold.Adopt(view, predecessor));
        if (_state.Memory.Authority is NodeAuthority.Unknown unknown)
        {
            HaLog.Adopted(_logger, view.Postgres.InRecovery == false ? "primary" : "possibly primary", unknown.DecideBy - view.At, predecessor is not null);
        }

        _nextTick = Now;
    }

    private async Task CycleAsync()
    {
        _background.ThrowIfFaulted();
        var now = Now;
        var isTick = now >= _nextTick;
        if (isTick)
        {
            Reschedule(now);
        }

        _state.Change(m => Fold.Awake(m, now) with { ShutdownRequested = m.ShutdownRequested || Volatile.Read(ref _shutdownRequested) });
        var until = _turn.Run(isTick, _nextTick);
        KeepGuard();
        if (_state.ExitCode is not null)
        {
            return;
        }

        CycleCompleted?.Invoke();
        await SleepAsync(until);
    }

    private async Task SleepAsync(Instant? until)
    {
        var next = until is { } early ? Instant.Min(early, _nextTick) : _nextTick;
        next = Instant.Min(next, Instant.Min(AuthorityInstant(), ScheduleInstant()));

        // What is due already was looked at in this very turn; a decision that names it again must not make the loop spin.
        next = Instant.Max(next, Now + Breath);
        var probeAt = _nextTick - ProbeLead;
        if (Now < probeAt && probeAt < next)
        {
            if (await _wake.SleepAsync(_parts.Alarms, probeAt))
            {
                return;
            }

            _parts.Postgres.ProbeSoon();
        }

        await _wake.SleepAsync(_parts.Alarms, next);
    }

    /// <summary>The next instant at which the authority itself wants a look: a renewal that is due, or the time to fence.</summary>
    private Instant AuthorityInstant()
    {
        var memory = _state.Memory;
        if (_turn.LastView is not { } seen || memory.Fencing || memory.Authority is not (NodeAuthority.Lease or NodeAuthority.Unknown))
        {
            return Instant.Never;
        }

        var renewal = memory.LeaseRequest == LeaseRequest.None ? Ahead(memory.RenewAt) : Instant.Never;
        var fence = Instant.Min(Ahead(memory.Authority.FenceAt), Ahead(memory.Authority.Until));
        var unguarded = seen.Guard.MissingSince is { } since ? Ahead(since + NodeFacts.GuardPatience) : Instant.Never;
        return Instant.Min(renewal, Instant.Min(fence, unguarded));

        // What was due when the last turn looked was decided there; what came due since is due at once.
        Instant Ahead(Instant at) => at > seen.At ? at : Instant.Never;
    }

    /// <summary>When a restart is scheduled that the last turn did not find due. The wall clock may be set meanwhile: each tick looks again.</summary>
    private Instant ScheduleInstant() =>
        _turn.LastView is { } seen && _state.Memory.ScheduledRestart is { } plan && plan.At > seen.Utc ? seen.InstantOf(plan.At) : Instant.Never;

    private void Reschedule(Instant now)
    {
        var loopWait = (_turn.LastView?.Settings ?? _parts.Settings.Current).LoopWait;
        if (now - _nextTick > loopWait)
        {
            HaLog.LoopTimeExceeded(_logger);
        }

        var next = _nextTick + loopWait;
        _nextTick = next > now ? next : now + loopWait;
    }

    private void OnAboutToBecomeWritable(JobSpec spec) => _state.Change(m => m with
    {
        LocalRole = LocalRole.Primary,
        PromoteIssued = spec is JobSpec.Promote,
        PromoteCheckpoint = spec is JobSpec.Promote ? CheckpointState.Due : m.PromoteCheckpoint,

        // From here on it is a server like any other: what was said of the one before must not keep it from being fenced.
        HandOver = null,
        HandOverBroken = false,
    });

    private void OnJobEnded(JobSpec spec, JobResult result)
    {
        var now = Now;
        _state.Change(m => FoldOutcomes.JobEnded(m, _parts.Settings.Current, spec, result, now));
        _parts.Postgres.ProbeSoon();
    }

    private GuardOrder Order()
    {
        _lastOrder = null; // whatever is given now, the next look at the whole decides again
        return GuardOrder.ToBecomeWritable(_turn.Look());
    }

    /// <summary>Tells the guard only what is new: nothing is written in a turn that changed nothing.</summary>
    private void KeepGuard()
    {
        if (_turn.LastView is not { } view)
        {
            return;
        }

        var order = GuardOrder.For(view);
        if (order == _lastOrder)
        {
            return;
        }

        // What was not taken is given again with the next cycle; a change of the guard's state is looked at at once.
        _lastOrder = order.GiveTo(_parts.Guard) && order is not GuardOrder.Reset ? order : null;
        if (_parts.Guard.Latest.Fired != view.Guard.Fired)
        {
            _wake.Set();
        }
    }

    private async Task FenceForGoodAsync()
    {
        var view = _turn.LastView ?? _turn.Look();
        if (view.MayBeWritable() && !view.Paused())
        {
            await _ladder.RunAsync(Now, CancellationToken.None);
        }
    }

    private Instant Now => Instant.Now(_parts.Clock);
}
