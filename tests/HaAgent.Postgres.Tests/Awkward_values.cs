using System.Text.Json.Nodes;
using HaAgent.Core.Settings;
using HaAgent.Testing;

namespace HaAgent.Postgres.Tests;

public class Awkward_values
{
    private const string Nasty = "it's a \"100%\" \\ $HOME; `id` – ünïcödé 数据";

    [Fact]
    public async Task In_paths_passwords_and_parameters_are_carried_through()
    {
        var folder = TestServer.NewFolder(" it's 100% \"ünï\"");
        try
        {
            await using var a = await TestServer.PrimaryAsync("a b'c", Change, folder: folder, fresh: true);
            Assert.Equal(Nasty, await a.AskAsync("SELECT current_setting('my.text')"));
            Assert.Equal("line one\nline two\ttab", await a.AskAsync("SELECT current_setting('my.lines')"));
            await using var b = await a.ReplicaAsync("b%ü", Change);
            await Eventually.HoldsAsync("the replica streams", TestServer.Soon, async () =>
                (await b.ProbeAsync()).ReplicationState == "streaming", TestServer.Stop);
            await a.StopAsync();
            await a.StartAsync(asPrimary: true);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        static void Change(JsonObject configuration)
        {
            var section = configuration["postgresql"]!;
            section["parameters"]!["my.text"] = Nasty;
            section["parameters"]!["my.lines"] = "line one\nline two\ttab";
            var sockets = section["parameters"]!["unix_socket_directories"]!.GetValue<string>();
            section["parameters"]!["unix_socket_directories"] =
                $"\"{sockets.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
            foreach (var user in (string[])["superuser", "replication", "rewind"])
            {
                section["authentication"]![user]!["password"] = user + " " + Nasty + ":\\:";
            }

            section["authentication"]!["replication"]!["username"] = "repl user's \"%\" ü";
        }
    }

    [Theory]
    [InlineData("password", "two\nlines")]
    [InlineData("username", "two\nlines")]
    [InlineData("password", "zero\0byte")]
    public void That_no_password_file_can_hold_are_refused_by_name_and_passwords_are_not_shown(string key, string value)
    {
        var configuration = Minimal();
        configuration["postgresql"]!["authentication"] =
            new JsonObject { ["replication"] = new JsonObject { [key] = value } };

        var refusal = Assert.Throws<ConfigurationException>(() => PostgresOptions.Read(configuration, "demo", "a"));

        Assert.Equal($"postgresql.authentication.replication.{key}", refusal.Setting);
        Assert.Equal(key == "password", refusal.Value is null);
    }

    [Fact]
    public void In_a_path_that_PostgreSQL_cannot_write_down_are_refused_by_name()
    {
        var configuration = Minimal();
        configuration["postgresql"]!["data_dir"] = "/data/a\nb";

        Assert.Equal("postgresql.data_dir",
            Assert.Throws<ConfigurationException>(() => PostgresOptions.Read(configuration, "demo", "a")).Setting);
    }

    internal static JsonObject Minimal() => new()
    {
        ["postgresql"] = new JsonObject { ["listen"] = "127.0.0.1:5432", ["data_dir"] = "/data/a" },
    };
}
