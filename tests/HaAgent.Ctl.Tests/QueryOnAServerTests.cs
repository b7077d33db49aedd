using HaAgent.Ctl.Sql;
using HaAgent.Ctl.Tests.Doubles;

namespace HaAgent.Ctl.Tests;

/// <summary>Against a real PostgreSQL.</summary>
public sealed class A_query_on_a_server(RealServer server) : IClassFixture<RealServer>
{
    private readonly Dictionary<string, string> _environment = new() { ["PGUSER"] = "postgres" };

    [Fact]
    public async Task Keeps_what_json_has_a_type_for_and_prints_the_rest_as_text()
    {
        const string Sql = """
            select 1 as a, true as b, null as c, 1.50::numeric as d, 'ä' as e, date '2020-01-02' as f, '{"x": [1, 2.0]}'::jsonb as g,
              2.5::float8 as h, 'NaN'::float8 as i, array[1, 2] as j, '\x00ff'::bytea as k, 9223372036854775807 as l
            """;
        var run = await RunAsync(Sql, "--format", "json");
        Assert.Equal("""
            Password: 
            [{"a": 1, "b": true, "c": null, "d": "1.50", "e": "\u00e4", "f": "2020-01-02", "g": {"x": [1, 2.0]}, "h": 2.5, "i": "NaN", "j": "{1,2}", "k": "\\x00ff", "l": 9223372036854775807}]

            """, run.Out);
    }

    [Theory]
    [InlineData("?column?\tt\n1\tFalse\n", "select 1, false as t")]
    [InlineData("a\n", "select 1 as a where false")]
    [InlineData("b\n2\n", "select 1 as a; select 2 as b")]
    [InlineData("", "create temporary table t (i int)")]
    [InlineData("application_name\nPatroni ctl\n", "show application_name")]
    [InlineData("current_database\npostgres\n", "select current_database()")]
    [InlineData("m\n@x :y\n", "select '@x :y' as m")]
    [InlineData("ERROR, SQLSTATE: 42601\n", "selec")]
    [InlineData("ERROR, SQLSTATE: 22012\n", "select 1; select 1/0")]
    public async Task Prints(string printed, string sql)
    {
        var run = await RunAsync(sql);
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Equal(printed, run.Out["Password: \n".Length..].Replace("2023-09-13 17:30:15\t", "", Ordinal));
    }

    [Theory]
    [InlineData("No connection to role 'replica' is available", "-r", "replica")]
    [InlineData("connection to server at \"127.0.0.1\", port @ failed: FATAL:  password authentication failed for user \"nobody\" ", "-U", "nobody")]
    [InlineData("connection to server at \"127.0.0.1\", port @ failed: FATAL:  database \"nowhere\" does not exist ", "-d", "nowhere")]
    public async Task Says_why_there_is_no_connection(string why, params string[] words)
    {
        var run = await RunAsync("select 1", words);
        var message = why.Replace("@", $"{server.Port}", Ordinal);
        Assert.EndsWith($"\t{(why.StartsWith("No", Ordinal) ? "" : "ERROR, SQLSTATE: ")}{message}\n", run.Out, Ordinal);
        Assert.Equal((0, ""), (run.Code, run.Error));
    }

    [Fact]
    public async Task Says_that_nobody_listens()
    {
        var sql = new NpgsqlServers(_ => null);
        var answer = await sql.QueryAsync(new("127.0.0.1", 1, "u", "p", "d", null), "select 1", TestContext.Current.CancellationToken);
        Assert.StartsWith("connection to server at \"127.0.0.1\", port 1 failed: ", Assert.IsType<SqlAnswer.Failed>(answer).Why, Ordinal);
    }

    [Fact]
    public async Task Takes_the_environment_of_postgresql_s_own_clients()
    {
        _environment["PGDATABASE"] = "template1";
        _environment["PGAPPNAME"] = "mine";
        _environment["PGSSLMODE"] = "disable";
        var run = await RunAsync("select current_database(), current_setting('application_name'), current_user", "-U", "", "-d", "");
        Assert.EndsWith("\ntemplate1\tmine\tpostgres\n", run.Out, Ordinal);
    }

    [Fact]
    public async Task Refuses_an_sslmode_that_there_is_not()
    {
        _environment["PGSSLMODE"] = "on";
        var run = await RunAsync("select 1");
        Assert.Equal(
            (1, "Error: PGSSLMODE = 'on': it must be one of disable, allow, prefer, require, verify-ca, verify-full.\n"), (run.Code, run.Error));
    }

    private Task<Outcome> RunAsync(string sql, params string[] words)
    {
        var cluster = new StoredCluster
        {
            ["leader"] = "n0",
            ["members/n0"] = $$"""{"conn_url":"postgres://127.0.0.1:{{server.Port}}/postgres","state":"running","role":"primary"}""",
            // By its record a replica, which the server itself knows better.
            ["members/n1"] = $$"""{"conn_url":"postgres://127.0.0.1:{{server.Port}}/postgres","state":"running","role":"replica"}""",
        };
        return new Call(cluster)
        {
            Sql = new NpgsqlServers(_environment.GetValueOrDefault),
            Input = RealServer.Password + "\n",
            Environment = _environment,
        }.RunAsync(["query", "batman", "-c", sql, "--password", .. words]);
    }
}
