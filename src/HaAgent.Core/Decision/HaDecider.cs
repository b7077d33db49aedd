using System.Collections.Immutable;
using System.Diagnostics;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Decision;

/// <summary>From everything one node knows to the one thing it does next. Pure: the same view always yields the same decision.</summary>
/// <remarks>
/// Tables are consulted in this order: fence, lease, requests, job, ending, founding, operator, gates, hand-over, then by what the local
/// PostgreSQL is doing.
/// </remarks>
public static class HaDecider
{
    /// <summary>Every table with its name, for tests that demand that each row is exercised.</summary>
    public static ImmutableArray<(string Table, ImmutableArray<HaRule> Rows)> Tables { get; } =
    [
        ("Fence", FenceRules.Rows),
        ("Lease", LeaseRules.Rows),
        ("Requests", RequestRules.Rows),
        ("Job", JobRules.Rows),
        ("Ending", EndRules.Rows),
        ("Founding", FoundingRules.Rows),
        ("Operator", OperatorRules.Rows),
        ("Gates", GateRules.Rows),
        ("Hand-over", HandOverRules.Rows),
        ("Paused", PausedRules.Rows),
        ("Empty data directory", EmptyDirectoryRules.Rows),
        ("Stopped", StoppedRules.Rows),
        ("Starting", StartingRules.Rows),
        ("Primary", PrimaryRules.Rows),
        ("Replica", ReplicaRules.Rows),
    ];

    public static Ruled Decide(NodeView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        foreach (var table in TablesFor(view))
        {
            foreach (var rule in table)
            {
                if (rule.When(view))
                {
                    return new(rule.Id, rule.Then(view));
                }
            }
        }

        throw new UnreachableException("no rule matched: every last table ends with a row that always holds");
    }

    internal static IEnumerable<ImmutableArray<HaRule>> TablesFor(NodeView v)
    {
        yield return FenceRules.Rows;
        yield return LeaseRules.Rows;
        yield return RequestRules.Rows;
        if (v.Job is not null)
        {
            yield return JobRules.Rows;
        }

        if (v.Memory.ShutdownRequested)
        {
            yield return EndRules.Rows;
        }

        if (v.Memory.Founding != FoundingState.None)
        {
            yield return FoundingRules.Rows;
        }

        yield return OperatorRules.Rows;
        yield return GateRules.Rows;
        if (v.Memory.HandOver is not null || v.Memory.HandOverBroken)
        {
            yield return HandOverRules.Rows;
        }

        yield return TableByState(v);
    }

    private static ImmutableArray<HaRule> TableByState(NodeView v) => v switch
    {
        { Postgres.Directory: DataDirectory.Empty, Postgres.IsRunning: false } => EmptyDirectoryRules.Rows,
        { Settings.Pause: true } => PausedRules.Rows,
        { Postgres.IsRunning: false } => StoppedRules.Rows,
        _ when v.IsPrimary() && !v.IsStartingUp() => PrimaryRules.Rows,
        _ when v.IsReplica() => ReplicaRules.Rows,
        _ => StartingRules.Rows,
    };
}
