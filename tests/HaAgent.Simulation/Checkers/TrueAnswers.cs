using HaAgent.Simulation.Cluster;
using HaAgent.Simulation.Etcd;

namespace HaAgent.Simulation.Checkers;

/// <summary>
/// No agent is told that its write was refused while it stands in the store: it would act as one who lost, and everybody else as if it
/// had won. That nothing is known may always be said.
/// </summary>
internal sealed class TrueAnswers(SimCluster cluster)
{
    public void Refused(SimNode node, string key, bool deletes, Errand errand)
    {
        cluster.World.Count("refusals judged");
        if (errand.Revision == 0 || cluster.Etcd.WasWiped)
        {
            return; // revisions begin anew in a store that was wiped: they prove nothing
        }

        var now = cluster.Etcd.Find(SimCluster.Prefix + key);
        if (deletes ? now is null : now?.ModRevision == errand.Revision)
        {
            cluster.Violations.Add("answers", $"{node} is told that {key} was not {(deletes ? "deleted" : "written")}, and it was, at revision {errand.Revision}");
        }
    }
}
