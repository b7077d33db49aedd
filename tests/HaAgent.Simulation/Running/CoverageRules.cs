using System.Globalization;
using HaAgent.Core.Decision;
using HaAgent.Simulation.Faults;

namespace HaAgent.Simulation.Running;

/// <summary>What a campaign must have seen, per 1,000 histories. What is not covered is not proven.</summary>
internal static class CoverageRules
{
    private const int PerFault = 150;
    private const int PerRow = 20;

    private static readonly (string What, int AtLeast)[] Events =
    [
        ("leader changes", 1500),
        ("leader changes by expiry", 200),
        ("two candidates raced within 50 ms", 100),
        ("promotion outlived the ttl", 50),
        ("races judged", 500),
        ("refusals judged", 1000),
    ];

    /// <summary>Rows that histories do not reach, or hardly: each has an example of its own among the core's tests (Decision/Rows).</summary>
    private static readonly HashSet<string> ByExampleOnly = new(StringComparer.Ordinal)
    {
        "F70", "Q10", "J30", "J40", "Z10", "H38", "Z80", "Z82", "Z85", "B10", "B20", "B30", "B35", "B50", "B60",
        "G04", "G18", "G23", "G25", "G30", "G32", "G34", "G40", "G45", "G50", "H05", "U10", "U20", "U35", "UP40",
        "UP45", "UP50", "UP57", "UP60", "UP65", "UP70", "UP80", "U50", "U60", "U65", "U70", "U75", "E15", "S10",
        "S30", "S40", "P20", "P30", "P40", "P45", "P50", "P70", "R10", "R15", "R17", "R50", "R52", "R54", "R64",
        "R84", "U45", "X45", "R76", "H03", "H32", "H34", "H36", "B85", "G22", "U48", "U80",
        "Q12", "Q14", "Q16", "Q21", "Q22", "Q23", "Q24", "Q26", "Q27", "O25", "O27", "O30", "O70", "P37", "G36",
    };

    /// <returns>False when something was seen too rarely.</returns>
    public static bool Check(Campaign campaign, TextWriter to)
    {
        var scale = campaign.Done / 1000.0;
        var ok = true;
        void Demand(string what, int atLeast)
        {
            var seen = campaign.Coverage.GetValueOrDefault(what);
            var enough = seen >= Math.Floor(atLeast * scale);
            ok &= enough;
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {(enough ? "  " : "!!")} {what,-44} {seen,8} (per 1,000: {seen / scale,8:0}, wanted {atLeast})"));
        }

        to.WriteLine("coverage:");
        foreach (var (what, atLeast) in Events)
        {
            Demand(what, atLeast);
        }

        foreach (var kind in FaultPlan.Kinds)
        {
            Demand($"fault {kind.Name}", PerFault);
        }

        foreach (var row in HaDecider.Tables.SelectMany(table => table.Rows).Select(row => row.Id).Distinct())
        {
            if (!ByExampleOnly.Contains(row))
            {
                Demand($"row {row}", PerRow);
            }
        }

        foreach (var (what, seen) in campaign.Coverage)
        {
            if (!what.StartsWith("row ", StringComparison.Ordinal) && !what.StartsWith("fault ", StringComparison.Ordinal))
            {
                to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"     {what,-44} {seen,8}"));
            }
        }

        return ok;
    }
}
