using System.Collections.Immutable;
using HaAgent.Simulation.Cluster;

namespace HaAgent.Simulation.Faults;

/// <summary>Agents, guards and whole hosts that stop, die, and come back.</summary>
internal static class ProcessFaults
{
    public static readonly ImmutableArray<FaultKind> All =
    [
        new("agent killed", 6, KillAgent),
        new("agent frozen", 8, FreezeAgent),
        new("agent frozen at an await", 4, FreezeAtAwait),
        new("agent frozen on its way to lead", 7, FreezeOnTheWay),
        new("agent frozen up to its guard's deadline", 5, FreezeUpToTheDeadline),
        new("agent killed at an await", 6, KillAtAwait),
        new("guard killed", 4, KillGuard),
        new("guard frozen", 4, FreezeGuard),
        new("guard killed, then agent", 5, GuardThenAgent),
        new("agent frozen, then guard killed", 5, AgentThenGuard),
        new("host frozen", 8, FreezeHost),
        new("host lost", 5, LoseHost),
        new("agents restarted one by one", 4, RollingRestart),
        new("agent told to end", 5, EndAgent),
        new("wall clock jumps", 4, JumpWallClock),
    ];

    private static FaultInAction KillAgent(FaultScene s)
    {
        var node = s.SomeNode();
        var leads = s.IsLeader(node);
        var stays = s.Chance.Happens(0.5);
        node.KillAgent(stays);
        if (leads)
        {
            s.Matters("agent killed");
        }

        return new($"{node}{(stays ? ", not restarted" : "")}", stays ? s.BeyondLease() : TimeSpan.Zero, node.StartAgent);
    }

    private static FaultInAction? FreezeAgent(FaultScene s)
    {
        var node = s.SomeNode();
        if (node.Agent is not { } agent)
        {
            return null;
        }

        var leads = s.IsLeader(node);
        var lasts = s.BeyondLease();
        agent.Process.Freeze();
        if (leads && lasts.TotalSeconds >= s.Cluster.Plan.Ttl)
        {
            s.Matters("agent frozen");
        }

        return new($"{node}", lasts, agent.Process.Thaw);
    }

    /// <summary>The next that is about to promote, or to start as primary: until its right to do so is over, and a little longer.</summary>
    private static FaultInAction FreezeOnTheWay(FaultScene s)
    {
        var (delay, lasts) = (s.Chance.Milliseconds(0, 5), TimeSpan.FromSeconds(s.Cluster.Plan.Ttl) + s.Chance.Seconds(0, 10));
        s.Cluster.Turned += OnTurned;
        return new($"within {delay.TotalMilliseconds:0.0} ms of its decision", s.Chance.Seconds(30, 80), () => s.Cluster.Turned -= OnTurned);

        void OnTurned(SimNode node, HaAgent.Core.Contracts.NodeStatus status)
        {
            if (status.RuleId is not ("R20" or "X40" or "H40") || node.Agent is not { } agent)
            {
                return;
            }

            s.Cluster.Turned -= OnTurned;
            s.World.Time.After(delay, agent.Process.Freeze);
            s.World.Time.After(delay + lasts, agent.Process.Thaw);
            s.Matters("agent frozen on its way to lead");
        }
    }

    /// <summary>It goes on at the moment at which its guard begins.</summary>
    private static FaultInAction? FreezeUpToTheDeadline(FaultScene s)
    {
        if (s.Cluster.LeaderNode is not { Agent: { } agent, Guard: { Deadline: { } deadline } } node)
        {
            return null;
        }

        var left = node.Host.ToRun(TimeSpan.FromTicks(deadline - node.Host.Boottime));
        agent.Process.Freeze();
        s.Matters("agent frozen up to its guard's deadline");
        return new($"{node}", left + s.Chance.Milliseconds(-40, 60), agent.Process.Thaw);
    }

    /// <summary>At the n-th step after now: between any decision and its effect, sooner or later.</summary>
    private static FaultInAction? FreezeAtAwait(FaultScene s) =>
        AtAwait(s, node =>
        {
            if (node.Agent is not { } agent)
            {
                return; // that step was its last
            }

            var lasts = s.BeyondLease();
            agent.Process.Freeze();
            s.World.Time.After(lasts, agent.Process.Thaw);
            s.Matters("agent frozen at an await");
        });

    private static FaultInAction? KillAtAwait(FaultScene s) =>
        AtAwait(s, node =>
        {
            node.KillAgent(stay: false);
            s.Matters("agent killed at an await");
        });

    private static FaultInAction? AtAwait(FaultScene s, Action<SimNode> strike)
    {
        var target = s.SomeNode();
        if (target.Agent is null)
        {
            return null;
        }

        var steps = s.Chance.Below(60);
        void OnStep(SimNode node)
        {
            if (node == target && steps-- == 0)
            {
                s.Cluster.Stepped -= OnStep;
                strike(node);
            }
        }

        s.Cluster.Stepped += OnStep;
        return new($"{target}, after {steps} steps", TimeSpan.FromSeconds(s.Cluster.Plan.Ttl + 10), () => s.Cluster.Stepped -= OnStep);
    }

    private static FaultInAction? KillGuard(FaultScene s)
    {
        var node = s.SomeNode();
        if (node.Guard.Process is not { } guard)
        {
            return null;
        }

        guard.Kill();
        s.Matters("guard killed");
        return new($"{node}", TimeSpan.Zero);
    }

    private static FaultInAction? FreezeGuard(FaultScene s)
    {
        var node = s.SomeNode();
        if (node.Guard.Process is not { } guard)
        {
            return null;
        }

        guard.Freeze();
        s.Matters("guard frozen");
        return new($"{node}", s.Chance.Seconds(1, 20), guard.Thaw);
    }

    /// <summary>The agent dies when the guard has just been replaced, or is about to be: never both for good at once.</summary>
    private static FaultInAction? GuardThenAgent(FaultScene s)
    {
        var node = s.SomeNode();
        if (node.Guard.Process is not { } guard || node.Agent is null)
        {
            return null;
        }

        guard.Kill();
        var leads = s.IsLeader(node);
        s.World.Time.After(s.Chance.Seconds(0.2, 2), () =>
        {
            node.KillAgent(stay: true);
            if (leads)
            {
                s.Matters("guard killed, then agent");
            }
        });
        return new($"{node}", s.BeyondLease() + TimeSpan.FromSeconds(2), node.StartAgent);
    }

    /// <summary>A frozen agent replaces no guard; systemd ends the agent that gives no sign of life, and starts a new one.</summary>
    private static FaultInAction? AgentThenGuard(FaultScene s)
    {
        var node = s.SomeNode();
        if (node.Guard.Process is not { } guard || node.Agent is not { } agent)
        {
            return null;
        }

        // A second fault before the first is repaired: the new agent comes within what is left of the lease.
        var leads = s.IsLeader(node);
        agent.Process.Freeze();
        var left = node.Guard.Deadline is { } deadline ? TimeSpan.FromTicks(deadline - node.Host.Boottime) : TimeSpan.FromSeconds(1);
        var span = left > TimeSpan.FromSeconds(3) ? left - TimeSpan.FromSeconds(2) : TimeSpan.FromMilliseconds(100);
        s.World.Time.After(s.Chance.Between(TimeSpan.Zero, span / 2), guard.Kill);
        if (leads)
        {
            s.Matters("agent frozen, then guard killed");
        }

        return new($"{node}", s.Chance.Between(span / 2, span), () => node.KillAgent(stay: false));
    }

    private static FaultInAction? FreezeHost(FaultScene s)
    {
        var node = s.SomeNode();
        if (node.IsDown)
        {
            return null;
        }

        var lasts = s.BeyondLease();
        if (s.IsLeader(node) && lasts.TotalSeconds >= s.Cluster.Plan.Ttl)
        {
            s.Matters("host frozen");
        }

        node.Host.Freeze();
        return new($"{node}", lasts, node.Host.Thaw);
    }

    private static FaultInAction? LoseHost(FaultScene s)
    {
        var node = s.SomeNode();
        if (node.IsDown)
        {
            return null;
        }

        if (s.IsLeader(node))
        {
            s.Matters("host lost");
        }

        s.Cluster.PowerOff(node);
        return new($"{node}", s.Chance.Seconds(5, 60), () => s.Cluster.PowerOn(node));
    }

    private static FaultInAction RollingRestart(FaultScene s)
    {
        var at = TimeSpan.Zero;
        foreach (var node in s.Cluster.Nodes)
        {
            s.World.Time.After(at, () => node.KillAgent(stay: false));
            at += s.Chance.Seconds(0.5, 5);
        }

        s.Matters("agents restarted one by one");
        return new("all", at);
    }

    private static FaultInAction? EndAgent(FaultScene s)
    {
        var node = s.SomeNode();
        if (node.Agent is not { } agent)
        {
            return null;
        }

        agent.RequestShutdown();
        if (s.IsLeader(node))
        {
            s.Matters("agent told to end");
        }

        return new($"{node}", TimeSpan.Zero);
    }

    private static FaultInAction JumpWallClock(FaultScene s)
    {
        var node = s.SomeNode();
        node.Host.WallOffset += s.Chance.Seconds(-7200, 7200);
        s.Matters("wall clock jumps");
        return new($"{node} to {node.Host.WallOffset.TotalSeconds:0} s", TimeSpan.Zero);
    }
}
