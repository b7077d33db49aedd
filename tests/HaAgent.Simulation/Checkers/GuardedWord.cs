using HaAgent.Guard;
using HaAgent.Simulation.Cluster;

namespace HaAgent.Simulation.Checkers;

/// <summary>The guard's word is written as ADR 10 promises: else it takes a frozen agent, later, to have nobody who ends the server.</summary>
internal sealed class GuardedWord(SimCluster cluster, Exceptions exceptions)
{
    public long Checked { get; private set; }

    /// <summary>An agent wrote the word: it has lost what the guard has acted on.</summary>
    public void Written(SimNode node, WordState before, WordState after)
    {
        Checked++;
        if (before == WordState.Fired)
        {
            cluster.Violations.Add("guard", $"the agent of {node} made {after} of a word that said Fired");
        }

        if (before == WordState.Armed && after == WordState.Disarmed && node.Server.IsWritable && !IsTheOperators)
        {
            cluster.Violations.Add("guard", $"the agent of {node} disarmed its guard while PostgreSQL takes writes ({node.ServerState})");
        }
    }

    /// <summary>A promotion was issued by the agent.</summary>
    public void Promoted(SimNode node) => MustBeWatched(node, "was promoted");

    public void BecameWritable(SimNode node) => MustBeWatched(node, "takes writes");

    private void MustBeWatched(SimNode node, string how)
    {
        Checked++;
        if (node.Guard.State == WordState.Disarmed && !IsTheOperators && !cluster.IsFounding && node.Agent is not null)
        {
            cluster.Violations.Add("guard", $"{node} {how} and its guard is disarmed");
        }
    }

    /// <summary>A pause; or what is known of the key is nothing that an agent could know.</summary>
    private bool IsTheOperators => exceptions.ExcuseTwoWriters;
}
