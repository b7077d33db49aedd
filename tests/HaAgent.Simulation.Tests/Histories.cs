using System.Globalization;
using HaAgent.Simulation.Running;

namespace HaAgent.Simulation.Tests;

public class Histories
{
    private static long Count =>
        long.TryParse(Environment.GetEnvironmentVariable("HAAGENT_SIM_HISTORIES"), CultureInfo.InvariantCulture, out var count) ? count : 1000;

    /// <summary>With fixed seeds: what is green here is green everywhere. More, and others, by <c>./build.sh sim</c>.</summary>
    [Fact]
    public void Of_whole_clusters_violate_nothing_and_cover_what_they_are_to_cover()
    {
        var campaign = new Campaign();
        campaign.Run(from: 1, Count, Environment.ProcessorCount, stopAtFirst: false);
        var report = new StringWriter();
        Report.Summary(campaign, report);
        foreach (var failed in campaign.Failed.Take(2))
        {
            Report.Failure(failed, report);
        }

        var covered = CoverageRules.Check(campaign, report);
        TestContext.Current.SendDiagnosticMessage(report.ToString());
        Assert.True(campaign.Failed.Count == 0 && covered, report.ToString());
    }

    [Theory]
    [InlineData(7)]
    [InlineData(8)]
    public void Of_one_seed_are_the_same_to_the_byte(ulong seed)
    {
        static string Journal(ulong seed)
        {
            var (_, history) = Outcome.Of(seed, prepared => prepared.World.Journal.Keeps = true);
            return history.World.Journal.Text;
        }

        var first = Journal(seed);
        Assert.NotEmpty(first);
        Assert.Equal(first, Journal(seed));
    }

    [Fact]
    public void Of_two_seeds_differ() => Assert.NotEqual(Outcome.Of(11).Outcome.Hash, Outcome.Of(12).Outcome.Hash);
}
