using System.Collections.Immutable;
using System.Globalization;
using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Faults;

/// <summary>Which faults begin when. Whom they hit is decided when they begin, by what the cluster is then.</summary>
internal sealed record FaultPlan(ImmutableArray<(TimeSpan At, FaultKind Kind)> Faults)
{
    public static readonly ImmutableArray<FaultKind> Kinds =
        [.. ProcessFaults.All, .. NetworkFaults.All, .. ServerFaults.All, .. EtcdFaults.All, .. OperatorFaults.All];

    /// <summary>A few faults with calm between them in one of four histories; else many, which overlap.</summary>
    public static FaultPlan Of(ulong seed, TimeSpan from, TimeSpan to)
    {
        var chance = Chance.Of(seed, "faults");
        var count = chance.Happens(0.2) ? 3 : 13 + chance.Below(14);
        var weights = Kinds.Sum(kind => kind.Weight);
        var faults = new List<(TimeSpan At, FaultKind Kind)>();
        for (var i = 0; i < count; i++)
        {
            var at = chance.Between(from, to);

            // One of three comes close after another: a second blow while the first still hurts.
            if (faults.Count > 0 && chance.Happens(0.33))
            {
                at = faults[chance.Below(faults.Count)].At + chance.Seconds(0, 5);
            }

            faults.Add((at < to ? at : to, Draw(chance.Below(weights))));
        }

        return new([.. faults.OrderBy(fault => fault.At)]);
    }

    public override string ToString() => string.Join(
        "; ", Faults.Select(fault => string.Create(CultureInfo.InvariantCulture, $"{fault.At.TotalSeconds:0.0} s {fault.Kind.Name}")));

    private static FaultKind Draw(int ticket)
    {
        foreach (var kind in Kinds)
        {
            if ((ticket -= kind.Weight) < 0)
            {
                return kind;
            }
        }

        throw new InvalidOperationException("a ticket beyond all weights");
    }
}
