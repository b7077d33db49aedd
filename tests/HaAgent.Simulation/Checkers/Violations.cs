using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Checkers;

/// <param name="Law">The invariant, e.g. S1.</param>
internal sealed record Violation(TimeSpan At, string Law, string What)
{
    public override string ToString() => FormattableString.Invariant($"{At.TotalSeconds:0.000000} s: {Law}: {What}");
}

/// <summary>What a run's checkers have found. The first is what counts: the rest may follow from it.</summary>
internal sealed class Violations(SimWorld world)
{
    private const int Most = 5;

    private readonly List<Violation> _found = [];

    public IReadOnlyList<Violation> Found => _found;

    public void Add(string law, string what)
    {
        if (_found.Count < Most)
        {
            var violation = new Violation(world.Time.Now, law, what);
            _found.Add(violation);
            world.Journal.Write("VIOLATION", $"{law}: {what}");
        }
    }
}
