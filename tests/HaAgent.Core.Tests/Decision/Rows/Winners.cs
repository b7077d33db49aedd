using HaAgent.Core.Decision;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Tests.Decision.Rows;

/// <summary>Which row of which table decides.</summary>
internal static class Winners
{
    /// <summary>All rows as <c>Fence F10</c>; a row that is part of two tables is there twice.</summary>
    public static IReadOnlyList<string> All { get; } =
        [.. HaDecider.Tables.SelectMany(table => table.Rows.Select(row => $"{table.Table} {row.Id}"))];

    public static string Of(NodeView view)
    {
        foreach (var rows in HaDecider.TablesFor(view))
        {
            if (rows.FirstOrDefault(row => row.When(view)) is { } winner)
            {
                return $"{HaDecider.Tables.Single(table => table.Rows == rows).Table} {winner.Id}";
            }
        }

        throw new InvalidOperationException("no row decides");
    }
}
