using System.Text.Json.Nodes;
using HaAgent.Core.Model;
using HaAgent.Core.Settings;
using HaAgent.Core.Snapshot;
using HaAgent.Postgres.Config;
using HaAgent.Postgres.Control;
using HaAgent.Postgres.Rejoin;
using HaAgent.Postgres.Sql;

namespace HaAgent.Postgres.Tests;

public class A_version
{
    [Theory]
    [InlineData("postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)\n", 150020)]
    [InlineData("postgres (PostgreSQL) 18beta1", 180000)]
    [InlineData("17\n", 170000)]
    public void Is_read_from_what_PostgreSQL_writes(string text, int number)
    {
        Assert.True(PostgresVersion.TryParse(text, out var version));
        Assert.Equal(number, version.Number);
    }

    [Fact]
    public void Has_the_capabilities_of_its_row()
    {
        Assert.False(new PostgresVersion(140011).Has(PostgresCapability.RewindConfigFile));
        Assert.True(new PostgresVersion(150000).Has(PostgresCapability.RewindConfigFile));
        Assert.False(new PostgresVersion(160001).Has(PostgresCapability.PromoteTriggerFile));
        Assert.All(Enum.GetValues<PostgresCapability>(), capability => Assert.False(PostgresVersion.Unknown.Has(capability)));
        Assert.All(Enum.GetValues<PostgresCapability>(), capability => Assert.Contains(CapabilityTable.Rows, row => row.Capability == capability));
        Assert.False(new PostgresVersion(120022).IsSupported);
        Assert.False(PostgresVersion.TryParse("nothing", out _));
    }
}

public class The_local_options
{
    [Fact]
    public void Are_read_with_their_defaults()
    {
        var options = PostgresOptions.Read(Awkward_values.Minimal(), "demo", "a");
        Assert.Equal(("127.0.0.1", 5432, "/data/a", "/data/a"), (options.ListenAddresses, options.Port, options.DataDirectory, options.ConfigDirectory));
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
        configuration["bootstrap"] = new JsonObject { ["initdb"] = new JsonArray("data-checksums", new JsonObject { ["pgdata"] = "/x" }) };
        Assert.Contains("pgdata", Assert.Throws<ConfigurationException>(() => PostgresOptions.Read(configuration, "demo", "a")).Message, StringComparison.Ordinal);

        configuration["bootstrap"] = new JsonObject { ["method"] = "pitr", ["pitr"] = new JsonObject { ["command"] = "restore" } };
        Assert.Equal("bootstrap.method", Assert.Throws<ConfigurationException>(() => PostgresOptions.Read(configuration, "demo", "a")).Setting);

        configuration["bootstrap"] = new JsonObject { ["initdb"] = new JsonObject { ["data-checksums"] = true, ["locale"] = "'C.UTF-8'" } };
        Assert.Equal(["--data-checksums", "--locale=C.UTF-8"], PostgresOptions.Read(configuration, "demo", "a").InitDbArguments);
    }
}

public class The_effective_configuration
{
    [Fact]
    public void Lays_local_over_dynamic_over_defaults_and_keeps_controlled_parameters_to_the_dynamic()
    {
        var local = Awkward_values.Minimal();
        local["postgresql"]!["parameters"] = new JsonObject { ["max_connections"] = 10, ["work_mem"] = "5MB", ["DateStyle"] = "iso" };
        local["postgresql"]!["use_slots"] = false;
        local["postgresql"]!["pg_hba"] = new JsonArray("local all all trust");
        var configuration = Build(local, new JsonObject
        {
            ["parameters"] = new JsonObject
            {
                ["max_connections"] = "200", ["work_mem"] = "4MB", ["wal_level"] = "HOT_STANDBY", ["track_commit_timestamp"] = true,
                ["max_wal_senders"] = 1, ["wal_keep_segments"] = 4, ["port"] = 1, ["datestyle"] = "german", ["hot_standby"] = false,
            },
            ["listen"] = "evil:1",
            ["pg_hba"] = new JsonArray("host all all all trust"),
            ["use_unix_socket"] = "on",
        });

        var parameters = configuration.Parameters(isPrimary: true);
        Assert.Equal(
            ("200", "5MB", "replica", "on", "10", "64MB", "5432", "iso", "on", "demo"),
            (parameters["max_connections"], parameters["work_mem"], parameters["wal_level"], parameters["track_commit_timestamp"],
                parameters["max_wal_senders"], parameters["wal_keep_size"], parameters["port"], parameters["datestyle"],
                parameters["hot_standby"], parameters["cluster_name"]));
        Assert.False(parameters.ContainsKey("wal_keep_segments"));
        Assert.Equal(["local all all trust"], configuration.HbaLines(isPrimary: true));
        Assert.True(configuration.UseSlots);
        Assert.True(configuration.UseUnixSocket);
        Assert.Contains("postgresql parameter max_wal_senders=1 failed validation, defaulting to 10", configuration.Warnings);
        Assert.Contains("postgresql parameter hot_standby=off failed validation, defaulting to on", configuration.Warnings);
        Assert.Equal("postgres://127.0.0.1:5432/postgres", configuration.ConnUrl);
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

        Assert.Equal(("1MB", "2MB"), (configuration.Parameters(true)["work_mem"], configuration.Parameters(false)["work_mem"]));
        Assert.Equal("100", configuration.Parameters(false)["max_connections"]);
        Assert.Equal(["primary"], configuration.HbaLines(true));
        Assert.Equal(["all"], configuration.HbaLines(false));
    }

    [Fact]
    public void Leaves_out_forbidden_options_and_says_so()
    {
        var configuration = Build(Awkward_values.Minimal(), new JsonObject
        {
            ["basebackup"] = new JsonArray("no-sync", new JsonObject { ["max-rate"] = "10M" }, new JsonObject { ["pgdata"] = "/x" }, new JsonObject { ["compress"] = "gzip" }),
            ["rewind"] = new JsonArray("debug", "dry-run"),
            ["create_replica_methods"] = new JsonArray("wal_e", "basebackup"),
        });

        Assert.Equal(["--no-sync", "--max-rate=10M"], configuration.BaseBackupArguments);
        Assert.Equal(["--debug"], configuration.RewindArguments);
        Assert.Equal(4, configuration.Warnings.Length);
    }

    private static PostgresEffectiveConfiguration Build(JsonObject local, JsonObject section) =>
        PostgresEffectiveConfiguration.Build(PostgresOptions.Read(local, "demo", "a"), new JsonObject { ["postgresql"] = section });
}

public class A_configuration_file
{
    [Fact]
    public void Names_its_origin_includes_the_base_and_quotes_every_value()
    {
        var text = PostgresConfFile.Render(
            "postgresql.base.conf",
            new Dictionary<string, string> { ["work_mem"] = "4MB", ["log_line_prefix"] = "it's %m \\ " },
            new Dictionary<string, string> { ["primary_conninfo"] = "a\nb" });

        Assert.Equal(
            "# Do not edit this file manually!\n# It will be overwritten by Patroni!\n\ninclude 'postgresql.base.conf'\n\n"
            + "log_line_prefix = 'it''s %m \\\\ '\nwork_mem = '4MB'\n\n# recovery.conf\nprimary_conninfo = 'a\\nb'\n",
            text);
        Assert.True(PostgresConfFile.IsGenerated(text));
    }

    [Theory]
    [InlineData("work_mem", true)]
    [InlineData("pg_stat_statements.max", true)]
    [InlineData("a\nb", false)]
    [InlineData("a b", false)]
    [InlineData("1a", false)]
    [InlineData("", false)]
    [InlineData("a.", false)]
    public void Takes_only_names_that_end_where_they_seem_to(string name, bool isName) => Assert.Equal(isName, PostgresConfFile.IsName(name));

    [Fact]
    public void Of_ALTER_SYSTEM_loses_its_recovery_settings_and_nothing_else()
    {
        Assert.Equal("# x\nwork_mem = '1MB'\n", PostgresConfFile.WithoutRecoverySettings("# x\nprimary_conninfo = 'host=x'\nwork_mem = '1MB'\nRESTORE_command='y'\n"));
        Assert.Null(PostgresConfFile.WithoutRecoverySettings("work_mem = '1MB'\n"));
    }

    [Fact]
    public void Of_a_standby_says_whom_to_follow_and_never_where_to_end()
    {
        var settings = RecoveryParameters.ForStandby(
            new Dictionary<string, string>
            {
                ["restore_command"] = "cp", ["recovery_target_time"] = "now", ["primary_conninfo"] = "host=evil", ["trigger_file"] = "/t", ["work_mem"] = "1",
            },
            "host=good", "a", new(150000));

        Assert.Equal(("cp", "", "host=good", "a", "/t", "latest"), (settings["restore_command"], settings["recovery_target_time"],
            settings["primary_conninfo"], settings["primary_slot_name"], settings["promote_trigger_file"], settings["recovery_target_timeline"]));
        Assert.False(settings.ContainsKey("work_mem"));
        Assert.False(RecoveryParameters.ForStandby(settings, null, "a", new(160000)).ContainsKey("promote_trigger_file"));
        Assert.False(RecoveryParameters.ForStandby([], null, "a", new(160000)).ContainsKey("primary_slot_name"));
    }
}

public class A_connection_string
{
    [Fact]
    public void Is_written_in_one_order_with_special_characters_escaped_and_without_the_password()
    {
        var local = Awkward_values.Minimal();
        local["postgresql"]!["authentication"] = new JsonObject
        {
            ["replication"] = new JsonObject { ["username"] = "it's me", ["password"] = "secret", ["sslmode"] = "require", ["sslcrldir"] = "/crl" },
        };
        var user = PostgresOptions.Read(local, "demo", "a").Replication;
        var keys = ConnInfo.To(new("::1", 5433, null), user, "post gres", new(130000));
        keys["passfile"] = "/my dir/pgpass";
        keys["application_name"] = "";

        Assert.Equal(
            "dbname=post\\ gres user=it\\'s\\ me passfile=/my\\ dir/pgpass host=::1 port=5433 sslmode=require application_name='' "
            + "gssencmode=prefer channel_binding=prefer",
            ConnInfo.Render(keys));
        Assert.Contains("sslcrldir=/crl", ConnInfo.Render(ConnInfo.To(new("h", 1, "d"), user, "x", new(170000))), StringComparison.Ordinal);
        Assert.Equal("\\:\\:1:5433:*:it's me:secret\n", PassFile.Render(new("::1", 5433, null), user));
        Assert.Equal("/run:1:*:it's me:secret\nlocalhost:1:*:it's me:secret\n", PassFile.Render(new("/run", 1, null), user));
        Assert.DoesNotContain("secret", user.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postgres://10.0.0.1:5433/db%20x", "10.0.0.1", 5433, "db x")]
    [InlineData("postgresql://[::1]:5432/postgres", "::1", 5432, "postgres")]
    [InlineData("postgres://user:pw@host", "host", 5432, null)]
    [InlineData("postgres://host:1/db?sslmode=x", "host", 1, "db")]
    public void Is_made_from_the_url_of_a_member(string url, string host, int port, string? database)
    {
        Assert.True(UpstreamAddress.TryParse(url, out var address));
        Assert.Equal(new UpstreamAddress(host, port, database), address);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("http://host:1/")]
    [InlineData("postgres://:5432/x")]
    [InlineData("postgres://host:0/x")]
    public void Is_not_made_from_anything_else(string? url) => Assert.False(UpstreamAddress.TryParse(url, out _));

    [Theory]
    [InlineData("/run/postgresql", "/run/postgresql")]
    [InlineData("@abstract, /tmp", "/tmp")]
    [InlineData("\"/a, \"\"b\"\"\",/c", "/a, \"b\"")]
    [InlineData("", null)]
    public void Uses_the_first_socket_directory_that_is_one(string setting, string? directory) =>
        Assert.Equal(directory, PostgresConnections.FirstDirectory(setting));
}

public class A_parameter_catalogue
{
    private static readonly ParameterCatalog Full = ParameterCatalog.FromServer(
    [
        new("work_mem", "integer", "kB", "64", "2147483647", [], "user"),
        new("checkpoint_completion_target", "real", null, "0", "1", [], "sighup"),
        new("vacuum_cost_delay", "real", "ms", "0", "100", [], "user"),
        new("wal_compression", "enum", null, null, null, ["pglz", "on", "off"], "superuser"),
        new("fsync", "bool", null, null, null, [], "sighup"),
        new("block_size", "integer", null, "8192", "8192", [], "internal"),
        new("DateStyle", "string", null, null, null, [], "user"),
    ]);

    [Theory]
    [InlineData("work_mem", "16MB", "16MB", null)]
    [InlineData("work_mem", "1kB", "64", "Value=1kB of parameter=work_mem is too low, increasing to 64kB")]
    [InlineData("WORK_MEM", "9999GB", "2147483647", "Value=9999GB of parameter=work_mem is too big, decreasing to 2147483647kB")]
    [InlineData("work_mem", "3 parsec", null, "Removing integer parameter=work_mem from the config due to the invalid value=3 parsec")]
    [InlineData("checkpoint_completion_target", "0.9", "0.9", null)]
    [InlineData("checkpoint_completion_target", "2", "1", "Value=2 of parameter=checkpoint_completion_target is too big, decreasing to 1")]
    [InlineData("vacuum_cost_delay", "0.05s", "0.05s", null)]
    [InlineData("vacuum_cost_delay", "0.5s", "100", "Value=0.5s of parameter=vacuum_cost_delay is too big, decreasing to 100ms")]
    [InlineData("wal_compression", "PGLZ", "PGLZ", null)]
    [InlineData("wal_compression", "yes", "yes", null)]
    [InlineData("wal_compression", "zip", null, "Removing enum parameter=wal_compression from the config due to the invalid value=zip")]
    [InlineData("fsync", "maybe", null, "Removing bool parameter=fsync from the config due to the invalid value=maybe")]
    [InlineData("block_size", "8192", null, "Removing internal parameter=block_size from the config due to the invalid value=8192")]
    [InlineData("datestyle", "iso", "iso", null)]
    [InlineData("ext.thing", "x", "x", null)]
    [InlineData("nonsense", "1", null, "Removing unexpected parameter=nonsense value=1 from the config")]
    public void Keeps_clamps_or_drops(string name, string value, string? expected, string? warning)
    {
        var warnings = new List<string>();
        var result = Full.Transform(new Dictionary<string, string> { [name] = value }, warnings.Add);
        Assert.Equal(expected, result.GetValueOrDefault(name));
        Assert.Equal(warning is null ? [] : [warning], warnings);
    }

    [Fact]
    public void That_is_coarse_neither_clamps_nor_drops_what_is_not_listed()
    {
        var coarse = ParameterCatalog.FromDescription("work_mem\tuser\tg\tINTEGER\t4096\t64\t2147483647\ts\tl\nfsync\tsighup\tg\tBOOLEAN\ton\t\t\ts\tl\n");
        var warnings = new List<string>();
        var result = coarse.Transform(
            new Dictionary<string, string> { ["work_mem"] = "1kB", ["zero_damaged_pages"] = "on", ["fsync"] = "maybe", ["nonsense"] = "1" }, warnings.Add);
        Assert.Equal(["work_mem", "zero_damaged_pages"], result.Keys);
        Assert.Equal(2, warnings.Count);
        Assert.False(coarse.IsComplete);
    }

    [Fact]
    public void Survives_in_a_file_for_the_same_binary_only()
    {
        var json = Full.ToJson("key");
        Assert.Equal(Full.Find("wal_compression")!.Values.AsEnumerable(), ParameterCatalog.FromJson(json, "key")!.Find("wal_compression")!.Values);
        Assert.Null(ParameterCatalog.FromJson(json, "other"));
        Assert.Null(ParameterCatalog.FromJson("{broken", "key"));
    }

    [Theory]
    [InlineData("16384", "8kB", "128MB")]
    [InlineData("0.5", "s", "500ms")]
    [InlineData("100", null, "100")]
    [InlineData("0", "kB", "0")]
    [InlineData("90", "s", "90s")]
    [InlineData("120", "s", "2min")]
    public void Shows_values_in_the_largest_unit_that_fits(string setting, string? unit, string text) =>
        Assert.Equal(text, ParameterValue.ForPeople(setting, unit));
}

public class Output_of_tools
{
    [Fact]
    public void Of_pg_waldump_gives_the_records_and_where_they_end()
    {
        var dump = WalDump.Parse(
            "rmgr: XLOG        len (rec/tot):    114/   114, tx:          0, lsn: 0/02000028, prev 0/01FFFFE8, desc: CHECKPOINT_SHUTDOWN redo 0/2000028; tli 1; shutdown\n",
            "pg_waldump: error: error in WAL record at 0/2000028: invalid record length at 0/20000A0: wanted 24, got 0\n");
        var record = Assert.Single(dump.Records);
        Assert.True(record.IsShutdownCheckpoint);
        Assert.Equal(("0/2000028", "0/1FFFFE8", "0/20000A0"), (record.Position.ToString(), record.Previous.ToString(), dump.End.ToString()));
        Assert.False(WalDump.Parse("", "could not find file").End.IsKnown);
        Assert.True(WalDump.Parse("rmgr: XLOG        len (rec/tot):     24/    24, tx:          0, lsn: 0/01FFFFE8, prev 0/01FFFFB0, desc: SWITCH \n", "").Records[0].IsSwitch);
    }

    [Fact]
    public void Of_pg_rewind_names_the_file_it_misses() => Assert.Equal(
        "00000001000000000000000A",
        WalRescue.MissingFile("pg_rewind: error: could not open file \"/data/a/pg_wal/00000001000000000000000A\": No such file or directory"));

    [Fact]
    public void Placeholders_of_archive_commands_are_replaced_as_the_server_does() => Assert.Equal(
        "cp 00 pg_wal/00 000000010000000000000001 % %x %", WalRescue.Expand("cp %f %p %r %% %x %", "00", "pg_wal/00"));

    [Fact]
    public void Options_of_the_last_start_are_read_back() => Assert.Equal(
        [("config_file", "/a b/postgresql.conf"), ("max_connections", "100"), ("cluster_name", "it's")],
        SingleUserRecovery.ParseOptions("/bin/postgres \"-D\" \"/a b\" \"--config-file=/a b/postgresql.conf\" \"--max_connections=100\" \"--cluster_name=it's\"\n"));

    [Fact]
    public void History_files_are_read_without_their_comments()
    {
        var lines = TimelineHistory.Parse("# comment\n\n1\t0/3000148\tno recovery target specified\n2\t1/A\n");
        Assert.Equal([(1u, "0/3000148"), (2u, "1/A")], lines.Select(line => (line.ParentTimeline.Value, line.SwitchPoint.ToString())));
        Assert.Equal("0000000A.history", TimelineHistory.FileName(new(10)));
    }

    [Theory]
    [InlineData("a 'b c' \"d \\\" e\" f\\ g ''", new[] { "a", "b c", "d \" e", "f g", "" })]
    [InlineData("  ", new string[0])]
    public void Commands_are_split_as_a_shell_would(string command, string[] words) => Assert.Equal(words, ShellWords.Split(command));

    [Fact]
    public void Commands_with_an_open_quote_are_refused() => Assert.Throws<FormatException>(() => ShellWords.Split("a 'b"));

    [Fact]
    public void Refused_parameters_are_found_in_the_log() => Assert.Equal(
        ["work_mem", "foo"],
        PostmasterStart.RefusedParameters("LOG: invalid value for parameter \"work_mem\": \"1 parsec\"\nLOG: unrecognized configuration parameter \"foo\" in file"));
}

public class A_pid_file
{
    [Fact]
    public void Tells_who_where_and_how_far()
    {
        var file = PostmasterPidFile.TryParse(["10035", "/data", "1795223437", "54999", "/tmp", "localhost", " 11657395 4", "ready   "]);
        Assert.Equal(new PostmasterPidFile(10035, false, 1795223437, 54999, "/tmp", "localhost", PostmasterStatus.Ready), file);
        Assert.True(PostmasterPidFile.TryParse(["-7", "/data"])!.IsSingleUser);
        Assert.Equal(PostmasterStatus.Starting, PostmasterPidFile.TryParse(["7"])!.Status);
        Assert.Null(PostmasterPidFile.TryParse([]));
        Assert.Null(PostmasterPidFile.TryParse(["", "x"]));
    }
}

public class A_process_title
{
    [Theory]
    [InlineData("postgres: demo: postgres app 127.0.0.1(38684) idle", true)]
    [InlineData("postgres: postgres app [local] SELECT", true)]
    [InlineData("postgres: demo: checkpointer", false)]
    [InlineData("postgres: demo: startup recovering 000000010000000000000003", false)]
    [InlineData("postgres: demo: walsender replicator 10.0.0.1(5) streaming 0/3000148", false)]
    [InlineData("postgres: walwriter ", false)]
    [InlineData("postgres: demo: autovacuum worker app", false)]
    [InlineData("postgres: demo: io worker 1", false)]
    [InlineData("postgres: demo: pg_cron launcher", true)]
    [InlineData("/usr/lib/postgresql/15/bin/postgres -D /data", false)]
    public void Tells_clients_from_helpers_and_takes_the_unknown_for_a_client(string title, bool isClient) =>
        Assert.Equal(isClient, BackendTitle.IsClient(title, "demo"));
}

public class A_control_file
{
    [Fact]
    public void That_is_torn_or_of_another_version_is_not_believed()
    {
        var bytes = new byte[8192];
        Assert.Null(PgControlFile.TryParse(bytes, out var problem));
        Assert.Contains("version 0", problem, StringComparison.Ordinal);
        BitConverter.TryWriteBytes(bytes.AsSpan(8), 1300u);
        BitConverter.TryWriteBytes(bytes.AsSpan(16), 6u);
        Assert.Null(PgControlFile.TryParse(bytes, out problem));
        Assert.Contains("checksum", problem, StringComparison.Ordinal);
        Assert.Null(PgControlFile.TryParse(bytes.AsSpan(0, 100), out _));
    }
}

public class A_reading
{
    [Fact]
    public void Counts_as_changed_when_more_than_dates_and_positions_differ()
    {
        var answered = new SqlReading.Answered { AskedAt = new(1), InRecovery = true, Replayed = new(100) };
        var before = PostgresReading.Nothing with { Process = new ServerProcess.Running(1, new(0)), Sql = answered };

        Assert.False(ReadingBoard.Matters(before, before with { Sql = answered with { AskedAt = new(2), Replayed = new(200) } }));
        Assert.False(ReadingBoard.Matters(before with { Sql = new SqlReading.Unknown("a") }, before with { Sql = new SqlReading.Unknown("b") }));
        Assert.True(ReadingBoard.Matters(before, before with { Sql = answered with { InRecovery = false } }));
        Assert.True(ReadingBoard.Matters(before, before with { Sql = new SqlReading.Unknown("") }));
        Assert.True(ReadingBoard.Matters(before, before with { Process = new ServerProcess.None() }));
        Assert.True(ReadingBoard.Matters(before, before with { Sql = answered with { WalSenders = [new(1, "u", "b", null, "streaming", "async", 0, Lsn.Unknown)] } }));
    }

    [Fact]
    public void Is_not_overwritten_by_an_older_one_or_by_one_of_a_server_that_has_ended()
    {
        var board = new ReadingBoard();
        board.PostSql(new SqlReading.Answered { AskedAt = new(1), InRecovery = true }, 150000);
        Assert.IsType<SqlReading.Unknown>(board.Latest.Sql);
        board.Post(reading => reading with { Process = new ServerProcess.Running(1, new(0)) });
        board.PostSql(new SqlReading.Answered { AskedAt = new(5), InRecovery = false }, 150000);
        board.PostSql(new SqlReading.Answered { AskedAt = new(3), InRecovery = true }, 150000);
        Assert.False(board.Latest.InRecovery);
    }
}
