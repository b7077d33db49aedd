using System.Globalization;
using System.Reflection;

namespace HaAgent.Simulation.Running;

/// <summary>What a person reads of a campaign or of one history.</summary>
internal static class Report
{
    private const int Decisions = 40;

    public static void Summary(Campaign campaign, TextWriter to)
    {
        to.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{campaign.Done} histories, {campaign.Simulated.TotalHours:0.0} simulated hours, {campaign.Events} events in {campaign.Took.TotalSeconds:0.0} s "
            + $"({campaign.Took.TotalMilliseconds / Math.Max(1, campaign.Done):0.0} ms each); {campaign.Failed.Count} with a violation"));
    }

    /// <summary>The seed once more, with its journal, cut to what led to the violation.</summary>
    public static void Failure(Outcome outcome, TextWriter to)
    {
        var lines = new Queue<string>();
        var (again, history) = Outcome.Of(outcome.Seed, prepared => prepared.World.Journal.Listener = line =>
        {
            lines.Enqueue(line);
            if (lines.Count > Decisions)
            {
                lines.Dequeue();
            }
        });
        to.WriteLine();
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {outcome.Seed}, commit {Commit()}"));
        to.WriteLine($"  cluster: {history.Cluster.Plan}");
        to.WriteLine($"  faults:  {history.Faults}");
        foreach (var violation in outcome.Violations)
        {
            to.WriteLine($"  VIOLATION {violation}");
        }

        if (again.Hash != outcome.Hash)
        {
            to.WriteLine("  THE REPLAY DIFFERS: the run depends on something besides its seed");
        }

        to.WriteLine("  last lines:");
        foreach (var line in lines)
        {
            to.WriteLine($"    {line}");
        }

        foreach (var node in history.Cluster.Nodes)
        {
            to.WriteLine($"  {node}: rule {node.Agent?.LastRule ?? "(no agent)"}; {node.Agent?.Board.Latest?.ReasonText}; server {node.ServerState}");
        }

        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  replay:  ./build.sh sim --seed {outcome.Seed}"));
    }

    private static string Commit() =>
        Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
