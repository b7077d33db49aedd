using System.Text.Json.Nodes;

namespace HaAgent.Ctl.Sql;

/// <summary>Members' PostgreSQL servers, as <c>query</c> needs them.</summary>
/// <remarks>The one file that implements it is the only one that knows the driver: nothing else loads it.</remarks>
internal interface ISqlServers
{
    /// <summary>One connection, one command text.</summary>
    /// <exception cref="CtlException">An environment variable of the PostgreSQL client cannot be used.</exception>
    Task<SqlAnswer> QueryAsync(SqlTarget target, string sql, CancellationToken stop);
}

/// <param name="User">Null: <c>PGUSER</c>, else the user of this process.</param>
/// <param name="Password">Null: <c>PGPASSWORD</c> and the password file.</param>
/// <param name="Database">Null: <c>PGDATABASE</c>, else the name of the user.</param>
/// <param name="InRecovery">What the server must be for the query to be run there; null: either.</param>
internal sealed record SqlTarget(string Host, int Port, string? User, string? Password, string? Database, bool? InRecovery)
{
    public override string ToString() => $"{User}@{Host}:{Port}/{Database}"; // without the password
}

internal abstract record SqlAnswer
{
    private SqlAnswer()
    {
    }

    /// <summary>Without columns: the statement has no result.</summary>
    public sealed record Rows(string[] Columns, IReadOnlyList<JsonNode?[]> Values) : SqlAnswer;

    /// <summary>The server is a primary where a standby is wanted, or the other way round.</summary>
    public sealed record OtherRole : SqlAnswer;

    /// <param name="Why">The SQLSTATE, or what is known when there is none; one line.</param>
    public sealed record Failed(string Why) : SqlAnswer;
}
