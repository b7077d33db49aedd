using HaAgent.Ctl.Sql;
using HaAgent.Ctl.Tests.Doubles;

namespace HaAgent.Ctl.Tests;

public class Query
{
    private static readonly SqlAnswer.Rows Answer = new(["id", "note"], [[1, "a"], [2, null], [true, "ü"]]);

    [Theory]
    [InlineData("id\tnote\n1\ta\n2\tNone\nTrue\tü\n")]
    [InlineData("id|note\n1|a\n2|None\nTrue|ü\n", "--delimiter", "|")]
    [InlineData("id\tnote\n1\ta\n2\tNone\nTrue\tü\n", "--format", "whatever")] // not checked
    [InlineData("+------+------+\n| id   | note |\n+------+------+\n| 1    | a    |\n| 2    | None |\n| True | ü    |\n+------+------+\n", "--format", "pretty")]
    [InlineData("""[{"id": 1, "note": "a"}, {"id": 2, "note": null}, {"id": true, "note": "\u00fc"}]""" + "\n", "--format", "json")]
    [InlineData("- id: 1\n  note: a\n- id: 2\n  note: null\n- id: true\n  note: ü\n\n", "--format=yaml")]
    public async Task Prints_rows(string printed, params string[] words)
    {
        var run = await new Call(Given.Three()) { Sql = new ScriptedSql(Answer) }.RunAsync(["query", "batman", "-c", "select", .. words]);
        Assert.Equal((0, printed, ""), (run.Code, run.Out, run.Error));
    }

    [Theory]
    [InlineData("2023-09-13 17:30:15\tERROR, SQLSTATE: 42601\n")]
    [InlineData("2023-09-13 17:30:15;ERROR, SQLSTATE: 42601\n", "--delimiter", ";")]
    [InlineData("[{}]\n", "--format", "json")]
    [InlineData("- {}\n\n", "--format", "yml")]
    [InlineData("""
        +---------------------+------------------------+
        | Field 1             | Field 2                |
        +---------------------+------------------------+
        | 2023-09-13 17:30:15 | ERROR, SQLSTATE: 42601 |
        +---------------------+------------------------+

        """, "--format", "pretty")]
    public async Task Prints_a_failure_and_ends_with_0(string printed, params string[] words)
    {
        var sql = new ScriptedSql(new SqlAnswer.Failed("42601"));
        var run = await new Call(Given.Three()) { Sql = sql }.RunAsync(["query", "batman", "-c", "selec", .. words]);
        Assert.Equal((0, printed, ""), (run.Code, run.Out, run.Error));
    }

    [Theory]
    [InlineData("", "tsv")]
    [InlineData("", "pretty")]
    [InlineData("[]\n", "json")]
    [InlineData("[]\n\n", "yaml")]
    public async Task Prints_nothing_for_a_statement_without_a_result(string printed, string format)
    {
        var run = await new Call(Given.Three()) { Sql = new ScriptedSql(new SqlAnswer.Rows([], [])) }
            .RunAsync("query", "batman", "-c", "set x", "--format", format);
        Assert.Equal((0, printed), (run.Code, run.Out));
    }

    [Theory]
    [InlineData("10.0.0.1", null)]
    [InlineData("10.0.0.1", null, "-r", "leader")]
    [InlineData("10.0.0.1", false, "-r", "primary")]
    [InlineData("10.0.0.1", null, "-r", "any")]
    [InlineData("10.0.0.2", true, "-r", "replica")]
    [InlineData("10.0.0.2", true, "-r", "standby")]
    [InlineData("10.0.0.3", null, "-m", "n2")]
    public async Task Goes_to_a_member(string host, bool? inRecovery, params string[] words)
    {
        var sql = new ScriptedSql(Answer);
        await new Call(Given.Three()) { Sql = sql }.RunAsync(["query", "batman", "-c", "select", .. words]);
        Assert.Equal([(new SqlTarget(host, 5432, null, null, null, inRecovery), "select")], sql.Asked);
    }

    [Fact]
    public async Task Takes_user_database_and_password()
    {
        var sql = new ScriptedSql(Answer);
        var run = await new Call(Given.Three()) { Sql = sql, Input = "\nsecret\n" }
            .RunAsync("query", "batman", "-c", "select", "-U", "u", "-d", "db", "--password");
        Assert.Equal(new SqlTarget("10.0.0.1", 5432, "u", "secret", "db", null), Assert.Single(sql.Asked).Target);
        Assert.StartsWith("Password: \nPassword: \nid\t", run.Out, Ordinal);
        Assert.DoesNotContain("secret", sql.Asked[0].Target.ToString(), Ordinal);
    }

    [Fact]
    public async Task Reads_a_file_or_stdin()
    {
        using var folder = new TemporaryFolder();
        var sql = new ScriptedSql(Answer, Answer);
        await new Call(Given.Three()) { Sql = sql }.RunAsync("query", "batman", "-f", folder.Write("q.sql", "select 'file'"));
        await new Call(Given.Three()) { Sql = sql, Input = "select\n1" }.RunAsync("query", "batman", "--file", "-");
        Assert.Equal(["select 'file'", "select\n1"], sql.Asked.Select(asked => asked.Sql));
    }

    [Theory]
    [InlineData("No connection to member n9 is available", "-m", "n9")]
    [InlineData("No connection to role 'standby-leader' is available", "-r", "standby-leader")]
    [InlineData("No connection to role 'replica' is available", "-r", "replica")] // it is a primary
    [InlineData("No connection to role 'leader' is available", "nowhere")]
    public async Task Says_that_there_is_no_such_server(string message, params string[] words)
    {
        string[] cluster = words[0] == "nowhere" ? [] : ["batman"];
        var run = await new Call(Given.Three()) { Sql = new ScriptedSql(new SqlAnswer.OtherRole()) }
            .RunAsync(["query", .. cluster, "-c", "select", .. words]);
        Assert.Equal((0, $"2023-09-13 17:30:15\t{message}\n"), (run.Code, run.Out));
    }

    [Theory]
    [InlineData("--role and --member are mutually exclusive options", "-c", "x", "-r", "any", "-m", "n0")]
    [InlineData("--file and --command are mutually exclusive options", "-c", "x", "-f", "y")]
    [InlineData("You need to specify either --command or --file")]
    [InlineData("Cannot read /nowhere.sql: Could not find file '/nowhere.sql'.", "-f", "/nowhere.sql")]
    public async Task Is_refused_in_one_sentence(string error, params string[] words)
    {
        var run = await new Call(Given.Three()).RunAsync(["query", "batman", .. words]);
        Assert.Equal((1, "", $"Error: {error}\n"), (run.Code, run.Out, run.Error));
    }

    [Theory]
    [InlineData("-W")]
    [InlineData("-w", "0.5")]
    public async Task Is_repeated_until_it_is_interrupted(params string[] words)
    {
        var sql = new ScriptedSql(Answer, new SqlAnswer.Failed("57P01"), Answer);
        var cluster = Given.Three();
        var call = new Call(cluster) { Sql = sql, OnScreen = true };
        sql.OnQuery = () =>
        {
            if (sql.Asked.Count == 3)
            {
                call.Interrupts.Interrupt();
            }
        };
        var run = await call.RunAsync(["query", "batman", "-c", "select", .. words]);
        Assert.Equal((1, "Aborted!\n"), (run.Code, run.Error));
        Assert.Matches("^id\t.*\n1\t(.|\n)*SQLSTATE: 57P01\nid\t", run.Out);
        Assert.DoesNotContain('\u001b', run.Out); // the screen is not cleared
        Assert.Equal((3, 1), (sql.Asked.Count, cluster.Reads));
    }
}
