using HaAgent.Ctl.Sql;

namespace HaAgent.Ctl.Tests.Doubles;

/// <summary>Servers that answer as told, and note what they are asked.</summary>
internal sealed class ScriptedSql(params SqlAnswer[] answers) : ISqlServers
{
    private readonly Queue<SqlAnswer> _answers = new(answers);

    public List<(SqlTarget Target, string Sql)> Asked { get; } = [];

    /// <summary>Happens before an answer is given.</summary>
    public Action? OnQuery { get; set; }

    public Task<SqlAnswer> QueryAsync(SqlTarget target, string sql, CancellationToken stop)
    {
        Asked.Add((target, sql));
        OnQuery?.Invoke();
        return Task.FromResult(_answers.TryDequeue(out var answer) ? answer : new SqlAnswer.Failed("not expected"));
    }
}
