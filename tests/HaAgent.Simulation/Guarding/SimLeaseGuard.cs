using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Guard;
using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Guarding;

/// <summary>An agent's side of the guard: the word, and a keeper that replaces a guard that is dead or hangs.</summary>
internal sealed class SimLeaseGuard : ILeaseGuard
{
    private static readonly TimeSpan SmallestMargin = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan HangsAfter = TimeSpan.FromSeconds(5);

    private readonly SimGuard _guard;
    private readonly SimProcess _agent;
    private readonly Chance _chance;
    private Instant? _missingSince;

    public SimLeaseGuard(SimGuard guard, SimProcess agent)
    {
        _guard = guard;
        _agent = agent;
        _chance = agent.Host.World.Stream($"keeper {agent} {agent.Host.World.Time.Now.Ticks}");
        Predecessor = guard.Deadline is { } ticks ? new Instant(ticks) : null;
        guard.Agent = agent;

        // The predecessor is dead. Where its server is too, there is nothing to end at its deadline.
        Reset();
        TryDisarm(onlyIfNothingRuns: true);
        guard.Ended += () => agent.Deliver(OnEnded);
        if (guard.Process is null)
        {
            OnEnded();
        }

        Watch();
    }

    public event Action? Changed;

    public Instant? Predecessor { get; }

    public GuardReading Latest
    {
        get
        {
            var fired = _guard.State == WordState.Fired;
            return new(fired, NothingRuns: fired && _guard.ServerIsGone, _missingSince);
        }
    }

    public bool TryArm(Instant deadline, Instant leaseEnd, long leaseId)
    {
        var margin = leaseEnd - deadline;
        return _guard.TryArm(deadline.Ticks, margin > SmallestMargin ? margin : SmallestMargin, leaseEnd.Ticks, leaseId);
    }

    public bool TryDisarm(bool onlyIfNothingRuns) =>
        _guard.State == WordState.Disarmed || ((!onlyIfNothingRuns || _guard.ServerIsGone) && _guard.TryDisarm());

    public void Reset()
    {
        if (_guard.ServerIsGone)
        {
            _guard.Reset();
        }
    }

    private void OnEnded()
    {
        if (_guard.Agent != _agent || _missingSince is not null)
        {
            return;
        }

        _missingSince = new(_agent.Host.Boottime);
        Changed?.Invoke();
        _agent.After(_chance.Milliseconds(20, 80), Replace);
    }

    private void Replace()
    {
        if (_guard.Agent != _agent)
        {
            return;
        }

        _guard.Start();
        _missingSince = null;
        Changed?.Invoke();
    }

    /// <summary>A guard that does not look for five seconds is replaced.</summary>
    private void Watch()
    {
        if (_guard.Process is { IsFrozen: true } frozen && !_agent.Host.IsFrozen)
        {
            _agent.After(HangsAfter, () =>
            {
                if (_guard.Agent == _agent && _guard.Process == frozen && frozen.IsFrozen)
                {
                    Replace();
                }

                Watch();
            });
        }
        else
        {
            _agent.After(TimeSpan.FromSeconds(2), Watch);
        }
    }
}
