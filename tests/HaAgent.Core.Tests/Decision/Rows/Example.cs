using HaAgent.Core.Decision;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Tests.Decision.Rows;

/// <summary>One situation, in the operator's words, and the row that is to decide it.</summary>
/// <param name="Does">The kind of decision; of a started job, the kind of job.</param>
internal sealed record Example(string Row, ReasonId Reason, Type Does, string Situation, NodeView View)
{
    /// <typeparam name="T">A <see cref="HaDecision"/>, or the kind of job that is started.</typeparam>
    public static Example Of<T>(string row, ReasonId reason, string situation, Given given) =>
        new(row, reason, typeof(T), situation, given);

    public override string ToString() => $"{Row}: {Situation}";
}
