using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Etcd;

/// <summary>One member of the cluster: a process on a host, its part in the log, what it serves.</summary>
internal sealed class SimMember
{
    private readonly SimEtcd _cluster;
    private bool _isWaking;

    public SimMember(SimEtcd cluster, int index, SimHost host)
    {
        _cluster = cluster;
        Index = index;
        Host = host;
        Process = host.Start("etcd");
        Id = cluster.World.Stream($"etcd member {index}").Next();
        Server = new(this, cluster);
        Raft = new(this, cluster);
        Process.Died += Server.OnDied;
    }

    public int Index { get; }
    public SimHost Host { get; }
    public ulong Id { get; }
    public string Name => Host.Name;
    public SimProcess Process { get; private set; }
    public SimRaft Raft { get; }
    public SimServer Server { get; }

    /// <summary>Runs, is not frozen, and does what it is to do: after a thaw that takes a moment.</summary>
    public bool IsUp => !Process.IsDead && !Process.IsFrozen && !_isWaking;

    /// <summary>Cut off from the other members, not from clients: it falls behind.</summary>
    public bool IsIsolated { get; set; }

    public void Kill() => Process.Kill();

    /// <summary>After a kill; its data are there.</summary>
    public void Start()
    {
        if (!Process.IsDead)
        {
            return;
        }

        _isWaking = false;
        Process = Host.Start("etcd");
        Process.Died += Server.OnDied;
        Raft.Restart();
    }

    /// <summary>What it does ten times a second.</summary>
    internal void Tick()
    {
        if (Process.IsDead || _isWaking)
        {
            return;
        }

        if (Process.IsFrozen)
        {
            // The first thing of its own that it finds when it goes on, in a race with what has come from outside.
            _isWaking = true;
            Process.Deliver(Wake);
            return;
        }

        Raft.Tick();
        Server.LookAtLeases();
        Server.Tick();
    }

    private void Wake()
    {
        _isWaking = false;
        Raft.TickedAt = _cluster.World.Time.Now;
        if (_cluster.EndsLeasesOfOthers)
        {
            Server.LookAtLeases();
        }
    }

    public override string ToString() => Name;
}
