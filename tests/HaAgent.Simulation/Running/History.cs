using System.Collections.Immutable;
using HaAgent.Simulation.Checkers;
using HaAgent.Simulation.Cluster;
using HaAgent.Simulation.Faults;
using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Running;

/// <summary>One history: a cluster from its foundation, through its faults, to the day after. All of it from one seed.</summary>
internal sealed class History
{
    /// <summary>Founding, copying, settling.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(40);

    /// <summary>Faults begin until then.</summary>
    private static readonly TimeSpan LastFault = TimeSpan.FromSeconds(200);

    /// <summary>All that lasts is healed then.</summary>
    private static readonly TimeSpan Healing = TimeSpan.FromSeconds(215);

    /// <summary>L1: from the healing on, everything is well within so long.</summary>
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(150);

    /// <summary>Then it must stay well for a while.</summary>
    private static readonly TimeSpan Afterwards = TimeSpan.FromSeconds(20);

    /// <summary>More events within a tenth of a second than anything in order makes.</summary>
    private const int Flood = 20_000;

    private readonly List<(string What, Action End)> _lasting = [];
    private readonly Chance _chance;
    private readonly Watch _watch;

    public History(ulong seed)
        : this(seed, ClusterPlan.Of(seed), FaultPlan.Of(seed, Quiet, LastFault))
    {
    }

    public History(ulong seed, ClusterPlan plan, FaultPlan faults)
    {
        World = new(seed);
        Faults = faults;
        Cluster = new(World, plan);
        _chance = World.Stream("fault targets");
        _watch = new(Cluster);
    }

    public SimWorld World { get; }
    public SimCluster Cluster { get; }
    public FaultPlan Faults { get; }

    public ImmutableArray<Violation> Violations => [.. Cluster.Violations.Found];

    /// <summary>Runs to the end, or to the first violation.</summary>
    public void Run()
    {
        Cluster.Start();
        _watch.Start();
        foreach (var (at, kind) in Faults.Faults)
        {
            World.Time.At(at, () => Begin(kind));
        }

        if (!RunUntil(Healing))
        {
            return;
        }

        Heal();
        _watch.Count("healed");
        var deadline = World.Time.Now + Recovery;
        var missing = _watch.Convergence.WhatIsMissing();
        while (missing is not null && World.Time.Now < deadline)
        {
            if (!RunUntil(World.Time.Now + TimeSpan.FromSeconds(1)))
            {
                return;
            }

            missing = _watch.Convergence.WhatIsMissing();
        }

        if (missing is not null)
        {
            Cluster.Violations.Add("L1", $"{Recovery.TotalSeconds:0} s after the last fault {missing}");
            return;
        }

        // That it stays so is the needless stops' to tell; a request made before the healing may still be under way.
        World.Journal.Write("run", "all is well again");
        if (RunUntil(World.Time.Now + Afterwards))
        {
            _watch.End();
        }
    }

    private bool RunUntil(TimeSpan until)
    {
        var (at, events) = (World.Time.Now, 0);
        while (World.Time.RunNext(until))
        {
            // Circles that leave a few microseconds between their rounds show as a flood.
            events = World.Time.Now - at < TimeSpan.FromMilliseconds(100) ? events + 1 : 0;
            at = events == 0 ? World.Time.Now : at;
            if (events > Flood)
            {
                Cluster.Violations.Add("rules", $"{Flood} events within a tenth of a second: somebody goes round in a circle");
            }

            if (Cluster.Violations.Found.Count > 0)
            {
                return false;
            }
        }

        return true;
    }

    private void Begin(FaultKind kind)
    {
        var scene = new FaultScene(Cluster, _chance, _watch.Exceptions, what => World.Count($"fault {what}"));
        _watch.NeedlessStops.LastFaultAt = World.Time.Now;
        if (kind.Begin(scene) is not { } fault)
        {
            return;
        }

        World.Journal.Write("FAULT", $"{kind.Name}: {fault.What}{(fault.Lasts > TimeSpan.Zero ? $" for {fault.Lasts.TotalSeconds:0.0} s" : "")}");
        if (fault.End is not { } end)
        {
            _watch.NeedlessStops.LastFaultAt = World.Time.Now + fault.Lasts;
            return;
        }

        var lasting = (kind.Name, end);
        _lasting.Add(lasting);
        World.Time.After(fault.Lasts, () => End(lasting));
    }

    private void End((string What, Action End) lasting)
    {
        if (_lasting.Remove(lasting))
        {
            World.Journal.Write("FAULT", $"over: {lasting.What}");
            _watch.NeedlessStops.LastFaultAt = World.Time.Now;
            lasting.End();
        }
    }

    private void Heal()
    {
        foreach (var lasting in _lasting.ToArray())
        {
            End(lasting);
        }

        World.Network.HealAll();
        foreach (var node in Cluster.Nodes)
        {
            node.Host.Thaw();
            node.Server.Resume();
            node.Agent?.Process.Thaw();
            node.Guard.Process?.Thaw();
            node.StartAgent();
        }

        World.Journal.Write("run", "all faults are healed");
        _watch.NeedlessStops.LastFaultAt = World.Time.Now;
    }
}
