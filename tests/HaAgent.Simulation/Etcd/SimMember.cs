using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Etcd;

/// <summary>One member of the cluster: a process on a host, its part in the log, what it serves.</summary>
internal sealed class SimMember
{
    public SimMember(SimEtcd cluster, int index, SimHost host)
    {
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

    /// <summary>Runs, and is not frozen.</summary>
    public bool IsUp => !Process.IsDead && !Process.IsFrozen;

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

        Process = Host.Start("etcd");
        Process.Died += Server.OnDied;
        Raft.Restart();
    }

    /// <param name="looksAtLeasesFirst">Before it learns who leads.</param>
    internal void Tick(bool looksAtLeasesFirst)
    {
        if (looksAtLeasesFirst)
        {
            Server.LookAtLeases();
            Raft.Tick();
        }
        else
        {
            Raft.Tick();
            Server.LookAtLeases();
        }

        Server.Tick();
    }

    public override string ToString() => Name;
}
