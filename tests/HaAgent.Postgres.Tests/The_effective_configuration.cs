using System.Text.Json.Nodes;
using HaAgent.Core.Model;
using HaAgent.Core.Settings;
using HaAgent.Core.Snapshot;
using HaAgent.Postgres.Config;
using HaAgent.Postgres.Control;
using HaAgent.Postgres.Rejoin;
using HaAgent.Postgres.Sql;

namespace HaAgent.Postgres.Tests;

public class The_effective_configuration
{
    [Fact]
    public void Lays_local_over_dynamic_over_defaults_and_keeps_controlled_parameters_to_the_dynamic()
    {
        var local = Awkward_values.Minimal();
        local["postgresql"]!["parameters"] =
            new JsonObject { ["max_connections"] = 10, ["work_mem"] = "5MB", ["DateStyle"] = "iso" };
        local["postgresql"]!["use_slots"] = false;
        local["postgresql"]!["pg_hba"] = new JsonArray("local all all trust");
        var configuration = Build(local, new JsonObject
        {
            ["parameters"] = new JsonObject
            {
                ["max_connections"] = "200",
                ["work_mem"] = "4MB",
                ["wal_level"] = "HOT_STANDBY",
                ["track_commit_timestamp"] = true,
                ["max_wal_senders"] = 1,
                ["wal_keep_segments"] = 4,
                ["port"] = 1,
                ["datestyle"] = "german",
                ["hot_standby"] = false,
            },
            ["listen"] = "evil:1",
            ["pg_hba"] = new JsonArray("host all all all trust"),
            ["use_unix_socket"] = "on",
        });

        var parameters = configuration.Parameters(isPrimary: true);
        Assert.Equal(
            ("200", "5MB", "replica", "on", "10", "64MB", "5432", "iso", "on", "demo"),
            (parameters["max_connections"], parameters["work_mem"], parameters["wal_level"],
                parameters["track_commit_timestamp"],
                parameters["max_wal_senders"], parameters["wal_keep_size"], parameters["port"], parameters["datestyle"],
                parameters["hot_standby"], parameters["cluster_name"]));
        Assert.False(parameters.ContainsKey("wal_keep_segments"));
        Assert.Equal(["local all all trust"], configuration.HbaLines(isPrimary: true));
        Assert.True(configuration.UseSlots);
        Assert.True(configuration.UseUnixSocket);
        Assert.Contains(
            "postgresql parameter max_wal_senders=1 failed validation, defaulting to 10", configuration.Warnings);
        Assert.Contains(
            "postgresql parameter hot_standby=off failed validation, defaulting to on", configuration.Warnings);
        Assert.Equal("postgres://127.0.0.1:5432/postgres", configuration.ConnUrl);
    }

    [Fact]
    public void Has_a_rule_for_every_controlled_parameter()
    {
        var given = new JsonObject();
        foreach (var name in EffectivePostgresql.ControlledParameters)
        {
            given[name] = "nonsense";
        }

        var configuration = Build(Awkward_values.Minimal(), new JsonObject { ["parameters"] = given });
        Assert.Equal(ControlledParameters.Defaults.Count(), configuration.Warnings.Length);
        Assert.All(ControlledParameters.Defaults, pair => Assert.Equal(pair.Value, configuration.Controlled[pair.Key]));
    }

    [Fact]
    public void Moves_recovery_settings_out_of_the_parameters()
    {
        var configuration = Build(Awkward_values.Minimal(), new JsonObject
        {
            ["parameters"] = new JsonObject { ["restore_command"] = "cp %f %p" },
            ["recovery_conf"] = new JsonObject { ["archive_cleanup_command"] = "x" },
        });

        Assert.Equal(["restore_command"], configuration.RecoveryConf.Keys);
        Assert.False(configuration.Parameters(isPrimary: false).ContainsKey("restore_command"));
    }

    [Fact]
    public void Applies_what_is_meant_for_one_role_only_there()
    {
        var configuration = Build(Awkward_values.Minimal(), new JsonObject
        {
            ["parameters"] = new JsonObject { ["work_mem"] = "1MB" },
            ["parameters_replica"] = new JsonObject { ["work_mem"] = "2MB", ["max_connections"] = 500 },
            ["pg_hba"] = new JsonArray("all"),
            ["pg_hba_primary"] = new JsonArray("primary"),
        });

        Assert.Equal(
            ("1MB", "2MB"), (configuration.Parameters(true)["work_mem"], configuration.Parameters(false)["work_mem"]));
        Assert.Equal("100", configuration.Parameters(false)["max_connections"]);
        Assert.Equal(["primary"], configuration.HbaLines(true));
        Assert.Equal(["all"], configuration.HbaLines(false));
    }

    [Fact]
    public void Leaves_out_forbidden_options_and_says_so()
    {
        var configuration = Build(Awkward_values.Minimal(), new JsonObject
        {
            ["basebackup"] =
                new JsonArray("no-sync", new JsonObject { ["max-rate"] = "10M" }, new JsonObject { ["pgdata"] = "/x" },
                    new JsonObject { ["compress"] = "gzip" }),
            ["rewind"] = new JsonArray("debug", "dry-run"),
            ["create_replica_methods"] = new JsonArray("wal_e", "basebackup"),
        });

        Assert.Equal(["--no-sync", "--max-rate=10M"], configuration.BaseBackupArguments);
        Assert.Equal(["--debug"], configuration.RewindArguments);
        Assert.Equal(4, configuration.Warnings.Length);
    }

    private static PostgresEffectiveConfiguration Build(JsonObject local, JsonObject section) =>
        PostgresEffectiveConfiguration.Build(
            PostgresOptions.Read(local, "demo", "a"), new JsonObject { ["postgresql"] = section });
}
