namespace HaAgent.Dcs.Etcd;

/// <summary>How a budget is divided among endpoints.</summary>
/// <remarks>
/// 10 s: one endpoint gets 3 tries of 3.33 s; two get 2 tries of 2.5 s each; three get 3.33 s each; five get 2 s each. No try
/// gets less than a second as long as the budget has one.
/// </remarks>
internal readonly record struct AttemptPlan(int Attempts, TimeSpan Each)
{
    private static readonly TimeSpan SmallestTry = TimeSpan.FromSeconds(1);

    public static AttemptPlan For(TimeSpan budget, int endpoints)
    {
        var nodes = Math.Clamp((int)(budget / SmallestTry), 1, Math.Max(1, endpoints));
        var perNode = budget / nodes;
        var wanted = nodes switch { 1 => 3, 2 => 2, _ => 1 };
        var tries = Math.Clamp((int)(perNode / SmallestTry), 1, wanted);
        return new(nodes * tries, perNode / tries);
    }
}
