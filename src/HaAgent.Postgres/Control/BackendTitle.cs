namespace HaAgent.Postgres.Control;

/// <summary>Tells client backends from auxiliary processes by the titles that PostgreSQL 13 to 18 give them.</summary>
internal static class BackendTitle
{
    /// <summary>Complete titles.</summary>
    private static readonly string[] Exact =
    [
        "checkpointer", "background writer", "walwriter", "wal writer", "autovacuum launcher",
        "logical replication launcher",
        "stats collector", "logger", "walsummarizer", "wal summarizer", "slotsync worker", "startup", "archiver",
        "walreceiver",
    ];

    /// <summary>Titles that go on with what the process is at.</summary>
    private static readonly string[] Openings =
    [
        "startup ", "archiver ", "walreceiver ", "walsender ", "autovacuum worker ", "parallel worker for PID ",
        "io worker ",
        "slotsync worker ", "logical replication worker ", "logical replication apply worker ",
        "logical replication parallel apply worker ", "logical replication tablesync worker ", "checkpointer ",
    ];

    /// <summary>True for whatever is not known to be auxiliary: an unknown process may be able to write.</summary>
    /// <remarks>
    /// <c>postgres: [cluster name: ]what it is</c>. A walsender is not a client: it must live on during a stop, and
    /// cannot begin a command any more once the server stops.
    /// </remarks>
    /// <param name="clusterName">The server's <c>cluster_name</c>.</param>
    public static bool IsClient(string title, string clusterName)
    {
        const string Prefix = "postgres: ";
        if (!title.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false; // the postmaster, a fork of it that does not serve anybody yet, or an archive command
        }

        var what = title[Prefix.Length..].TrimEnd();
        if (IsAuxiliary(what))
        {
            return false;
        }

        var named = clusterName + ": ";
        return !(clusterName.Length > 0 && what.StartsWith(named, StringComparison.Ordinal)
            && IsAuxiliary(what[named.Length..]));
    }

    private static bool IsAuxiliary(string what) =>
        Array.Exists(Exact, name => what == name)
        || Array.Exists(Openings, opening => what.StartsWith(opening, StringComparison.Ordinal));
}
