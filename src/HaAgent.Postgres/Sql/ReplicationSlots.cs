using System.Collections.Immutable;
using System.Text.RegularExpressions;
using HaAgent.Core.Ports;
using Npgsql;

namespace HaAgent.Postgres.Sql;

/// <summary>Creates, drops and advances replication slots.</summary>
internal static partial class ReplicationSlots
{
    private const string AlreadyExists = "42710";
    private const string DoesNotExist = "42704";

    /// <summary>Makes all changes it can; what is already as wanted is done.</summary>
    /// <returns>What failed, by slot; null when nothing did.</returns>
    public static async Task<string?> ChangeAsync(SqlSession session, ImmutableArray<SlotChange> changes)
    {
        var problems = new List<string>();
        foreach (var change in changes)
        {
            if (!ValidName().IsMatch(change.Name))
            {
                problems.Add($"{change.Name}: not a valid slot name");
                continue;
            }

            try
            {
                await ChangeAsync(session, change).ConfigureAwait(false);
            }
            catch (PostgresException e) when (IsDone(change, e.SqlState))
            {
                // Somebody was faster; the goal holds.
            }
            catch (PostgresException e)
            {
                problems.Add($"{change.Name}: {SqlErrors.Describe(e)}");
            }
        }

        return problems.Count == 0 ? null : string.Join("; ", problems);
    }

    private static Task<List<object?[]>> ChangeAsync(SqlSession session, SlotChange change) => change switch
    {
        SlotChange.CreatePhysical create => session.QueryAsync(PostgresQueries.CreatePhysicalSlot, create.Name),
        SlotChange.Drop drop => session.QueryAsync(PostgresQueries.DropSlot, drop.Name),
        SlotChange.Advance advance =>
            session.QueryAsync(PostgresQueries.AdvanceSlot, advance.Name, advance.To.ToString()),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static bool IsDone(SlotChange change, string state) =>
        (change is SlotChange.CreatePhysical && state == AlreadyExists)
            || (change is SlotChange.Drop && state == DoesNotExist);

    [GeneratedRegex("^[a-z0-9_]{1,63}$")]
    private static partial Regex ValidName();
}
