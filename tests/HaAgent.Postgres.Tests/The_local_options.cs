using System.Text.Json.Nodes;
using HaAgent.Core.Model;
using HaAgent.Core.Settings;
using HaAgent.Core.Snapshot;
using HaAgent.Postgres.Config;
using HaAgent.Postgres.Control;
using HaAgent.Postgres.Rejoin;
using HaAgent.Postgres.Sql;

namespace HaAgent.Postgres.Tests;

public class The_local_options
{
    [Fact]
    public void Are_read_with_their_defaults()
    {
        var options = PostgresOptions.Read(Awkward_values.Minimal(), "demo", "a");
        Assert.Equal(("127.0.0.1", 5432, "/data/a", "/data/a"),
            (options.ListenAddresses, options.Port, options.DataDirectory, options.ConfigDirectory));
        Assert.Equal(("127.0.0.1", 5432), options.ConnectAddress);
        Assert.EndsWith("/pgpass", options.PassFile, StringComparison.Ordinal);
        Assert.Same(options.Superuser, options.Rewind);
    }

    [Theory]
    [InlineData("*:5433", "*", 5433)]
    [InlineData("10.0.0.1,127.0.0.1:6000", "10.0.0.1,127.0.0.1", 6000)]
    [InlineData("[::1]:5432", "::1", 5432)]
    [InlineData("db1", "db1", 5432)]
    public void Take_one_or_several_addresses_to_listen_on(string listen, string addresses, int port)
    {
        var configuration = Awkward_values.Minimal();
        configuration["postgresql"]!["listen"] = listen;
        var options = PostgresOptions.Read(configuration, "demo", "a");
        Assert.Equal((addresses, port), (options.ListenAddresses, options.Port));
    }

    [Theory]
    [InlineData("postgresql.listen", "listen", "10.0.0.1:port")]
    [InlineData("postgresql.listen", "listen", "*,10.0.0.1:5432")]
    [InlineData("postgresql.listen", "listen", ":5432")]
    [InlineData("postgresql.listen", "listen", "")]
    [InlineData("postgresql.data_dir", "data_dir", "")]
    [InlineData("postgresql.connect_address", "connect_address", "10.0.0.1:99999")]
    [InlineData("postgresql.create_replica_methods", "create_replica_methods", "pgbackrest,basebackup")]
    public void Are_refused_by_the_name_of_the_setting(string setting, string key, string value)
    {
        var configuration = Awkward_values.Minimal();
        configuration["postgresql"]![key] = value;
        var refusal = Assert.Throws<ConfigurationException>(() => PostgresOptions.Read(configuration, "demo", "a"));
        Assert.Equal(setting, refusal.Setting);
    }

    [Fact]
    public void Refuse_what_initdb_must_not_be_told_and_other_ways_to_bootstrap()
    {
        var configuration = Awkward_values.Minimal();
        configuration["bootstrap"] =
            new JsonObject { ["initdb"] = new JsonArray("data-checksums", new JsonObject { ["pgdata"] = "/x" }) };
        Assert.Contains("pgdata",
            Assert.Throws<ConfigurationException>(() => PostgresOptions.Read(configuration, "demo", "a")).Message,
                StringComparison.Ordinal);

        configuration["bootstrap"] =
            new JsonObject { ["method"] = "pitr", ["pitr"] = new JsonObject { ["command"] = "restore" } };
        Assert.Equal("bootstrap.method",
            Assert.Throws<ConfigurationException>(() => PostgresOptions.Read(configuration, "demo", "a")).Setting);

        configuration["bootstrap"] =
            new JsonObject { ["initdb"] = new JsonObject { ["data-checksums"] = true, ["locale"] = "'C.UTF-8'" } };
        Assert.Equal(
            ["--data-checksums", "--locale=C.UTF-8"], PostgresOptions.Read(configuration, "demo", "a").InitDbArguments);
    }
}
