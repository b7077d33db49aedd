using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Requests;

/// <summary>Which servers a restart is meant for; judged when it is to be carried out.</summary>
/// <param name="Role">Only in this role; null: in any.</param>
/// <param name="OlderThan">Only a server older than this, e.g. 150004 for 15.4; 0: any.</param>
/// <param name="Pending">Only where a parameter waits for it.</param>
public readonly record struct RestartFilter(PostgresRole? Role, int OlderThan, bool Pending)
{
    public bool Matches(NodeView v)
    {
        ArgumentNullException.ThrowIfNull(v);
        return (Role is not { } role || PublishedState.Role(v) == role)
            && (OlderThan == 0 || (v.Postgres.ServerVersion > 0 && v.Postgres.ServerVersion < OlderThan))
            && (!Pending || v.Memory.PendingRestart.Length > 0);
    }
}

/// <summary>A restart at a time of the wall clock. At most one per node, in memory alone.</summary>
/// <param name="Timeout">How long the start may take; null: <c>primary_start_timeout</c>.</param>
/// <param name="Published">What members and tools read: the request's fields in its order, a JSON object.</param>
/// <param name="PostmasterStart">Of the server that it was asked for; null: none answered.</param>
public sealed record ScheduledRestart(
    DateTimeOffset At, RestartFilter Filter, TimeSpan? Timeout, string Published, DateTimeOffset? PostmasterStart = null);

/// <summary>A restart under way.</summary>
/// <param name="RequestId">Whose ticket waits for its end; 0: nobody's.</param>
/// <param name="AsPrimary">What the server was when it was asked for.</param>
/// <param name="Stopped">The server has ended; it is to be started.</param>
/// <param name="Pid">Of the postmaster that is to end; 0: none ran.</param>
public sealed record OngoingRestart(long RequestId, bool AsPrimary, TimeSpan? Timeout, bool Stopped, int Pid = 0);

/// <summary>How the last restart ended.</summary>
public enum RestartOutcome
{
    None,
    Done,
    StillStarting,
    Failed,
}

/// <summary>This node's copy is to be made anew.</summary>
/// <param name="FromLeader">From nobody else.</param>
public sealed record Reinitialization(bool FromLeader);
