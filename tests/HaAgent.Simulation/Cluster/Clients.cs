using HaAgent.Simulation.Kernel;
using HaAgent.Simulation.Postgres;

namespace HaAgent.Simulation.Cluster;

/// <summary>A client that tries to write to every server each 20 to 200 ms, whoever leads: what can acknowledge, will.</summary>
internal sealed class Clients(SimCluster cluster)
{
    public const string Host = "client";

    private readonly Dictionary<SimNode, SimSession> _sessions = [];
    private readonly Chance _chance = cluster.World.Stream("clients");

    /// <summary>Before each round of writes.</summary>
    public event Action? AboutToWrite;

    public long Attempts { get; private set; }

    public void Start() => Next();

    /// <summary>Half of the writes over a connection of their own, half over one that stays open.</summary>
    private void Write(SimNode node)
    {
        if (node.Server.Run is not { IsInRecovery: false })
        {
            return;
        }

        if (_sessions.GetValueOrDefault(node) is not { IsOpen: true } session)
        {
            session = node.Server.Connect(Host);
            if (session is not null)
            {
                _sessions[node] = session;
            }
        }

        if (_chance.Happens(0.5) || session is null)
        {
            node.Server.TryWrite(Host, static _ => { });
        }
        else
        {
            session.TryWrite(static _ => { });
        }
    }

    private void Next() => cluster.World.Time.After(_chance.Milliseconds(20, 200), () =>
    {
        AboutToWrite?.Invoke();
        foreach (var node in cluster.Nodes)
        {
            Attempts++;
            Write(node);
        }

        Next();
    });
}
