using System.Text.Json.Nodes;
using HaAgent.Configuration.Local;
using HaAgent.Core.Model;
using HaAgent.Core.Settings;
using HaAgent.Core.Snapshot;

namespace HaAgent.Configuration.Tests.Local;

public sealed class The_local_configuration : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Reads_a_file_written_for_the_peer()
    {
        var configuration = Load(Sample.Yaml);
        Assert.Equal((new NodeName("postgresql0"), "batman", "/db"), (configuration.Name, configuration.Scope, configuration.Namespace));
        Assert.Equal("100", configuration.Text("bootstrap.dcs.postgresql.parameters.max_connections"));
        Assert.Equal("true", configuration.Text("bootstrap.dcs.postgresql.parameters.wal_log_hints"));
        Assert.Equal("on", configuration.Text("bootstrap.dcs.postgresql.parameters.hot_standby"));
        Assert.Equal("""[{"encoding":"UTF8"},"data-checksums"]""", configuration.Node("bootstrap.initdb")!.ToJsonString());
        Assert.Equal("416", configuration.Text("log.mode"));
        Assert.Equal("false", configuration.Text("watchdog.mode"));
        Assert.Null(configuration.Node("postgresql.authentication.replication.unknown"));
        Assert.Empty(configuration.Warnings);

        var read = HaSettingsReader.Read(configuration.Section("bootstrap")!["dcs"]!.AsObject(), configuration.ToLocalSettings());
        var settings = Assert.IsType<HaSettingsReading.Accepted>(read);
        Assert.Empty(settings.Notices);
        Assert.True(settings.Settings is { UsePgRewind: true, UseSlots: true, MayBootstrap: true, Unsupported: [] });
        Assert.Equal("""{"datacenter":"dc1"}""", settings.Settings.Tags.Json);
    }

    [Fact]
    public void Merges_a_directory_in_byte_order_and_not_below()
    {
        _folder.File("b.yml", "name: b\nlog: {level: DEBUG, dir: /x}\ntags: {a: 1}\n");
        _folder.File("a.yaml", "name: a\nscope: s\n");
        _folder.File("é.yml", "log: {dir: null}\n");
        _folder.File("c.txt", "name: wrong\n");
        Directory.CreateDirectory(Path.Combine(_folder.Path, "z.yml"));
        var root = LocalConfiguration.Load(_folder.Path, Env.Empty).Root;
        Assert.Equal("""{"name":"b","scope":"s","log":{"level":"DEBUG"},"tags":{"a":1}}""", root.ToJsonString());
    }

    [Theory]
    [InlineData("- a\n", "invalid config file"), InlineData("", "invalid config file"), InlineData("text\n", "invalid config file")]
    [InlineData("{}\n", "Config is empty.")]
    [InlineData("name: __patroni_strict_sync_replica_placeholder__\n",
        "Node 'name' can't be set to '__patroni_strict_sync_replica_placeholder__'")]
    public void Refuses_what_is_no_configuration(string yaml, string starts) =>
        Assert.StartsWith(starts, Assert.Throws<ConfigurationException>(() => Load(yaml)).Message, StringComparison.Ordinal);

    [Fact]
    public void Names_file_line_and_column_of_malformed_yaml()
    {
        var path = _folder.File("x.yml", "name: a\nscope: [b\n");
        var error = Assert.Throws<ConfigurationException>(() => LocalConfiguration.Load(path, Env.Empty));
        Assert.StartsWith(path + ", line ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_file_that_is_not_utf_8()
    {
        var path = Path.Combine(_folder.Path, "x.yml");
        File.WriteAllBytes(path, [(byte)'a', (byte)':', (byte)' ', 0xE9, 0x0A]);
        var error = Assert.Throws<ConfigurationException>(() => LocalConfiguration.Load(path, Env.Empty));
        Assert.Equal($"invalid config file {path}: it is not UTF-8 text. Save it in that encoding.", error.Message);
    }

    [Fact]
    public void Refuses_a_device() =>
        Assert.Equal("invalid config path",
            Assert.Throws<ConfigurationException>(() => LocalConfiguration.Load("/dev/null", Env.Empty)).Message);

    [Fact]
    public void Says_so_when_there_is_neither_file_nor_environment()
    {
        var error = Assert.Throws<ConfigurationException>(() => LocalConfiguration.Load("/nowhere/x.yml", Env.Empty));
        Assert.StartsWith("Config is empty. '/nowhere/x.yml'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Falls_back_to_the_environment_when_the_file_is_missing_and_says_so()
    {
        var configuration = LocalConfiguration.Load("/nowhere/x.yml", Env.Of(("PATRONI_NAME", "a")));
        Assert.Equal(new NodeName("a"), configuration.Name);
        Assert.Equal(["'/nowhere/x.yml' does not exist; the configuration comes from the environment alone."], configuration.Warnings);
    }

    [Fact]
    public void Takes_inline_yaml_instead_of_all_other_variables()
    {
        var environment = Env.Of(("PATRONI_CONFIGURATION", "name: inline\nscope: s\n"), ("PATRONI_NAME", "other"), ("PATRONI_LOG_LEVEL", "DEBUG"));
        Assert.Equal("""{"name":"inline","scope":"s"}""", LocalConfiguration.Load(null, environment).Root.ToJsonString());
        var both = Env.Of(("PATRONI_CONFIGURATION", "name: peer\n"), ("HAAGENT_CONFIGURATION", "name: own\n"));
        Assert.Equal(new NodeName("own"), LocalConfiguration.Load(null, both).Name);
    }

    [Fact]
    public void Understands_the_oldest_user_sections()
    {
        var postgresql = Load("""
            scope: s
            postgresql:
              name: old
              replication: {username: r, password: x, network: 127.0.0.1/32}
              superuser: {username: s, password: y}
              pg_rewind: {username: w, password: z}
            """);
        Assert.Equal(new NodeName("old"), postgresql.Name);
        Assert.Equal(
            """{"replication":{"username":"r","password":"x"},"superuser":{"username":"w","password":"z"}}""",
            postgresql.Node("postgresql.authentication")!.ToJsonString());
        Assert.Equal("true", postgresql.Text("postgresql.use_pg_rewind"));
    }

    [Fact]
    public void Makes_empty_sections_of_falsy_values()
    {
        var root = Load("name: a\ntags:\nrestapi: ''\nlog: []\nbootstrap: 0\nnamespace: ''\n").Root;
        Assert.Equal("""{"name":"a","tags":{},"restapi":{},"log":{},"bootstrap":{},"namespace":""}""", root.ToJsonString());
    }

    [Theory]
    [InlineData("name: a\n", "/service"), InlineData("namespace: x\n", "/x"), InlineData("namespace: /x/y/\n", "/x/y"), InlineData("namespace: /\n", "")]
    public void Normalises_the_namespace(string yaml, string expected) => Assert.Equal(expected, Load(yaml).Namespace);

    [Fact]
    public void Is_reloaded_only_when_a_value_differs_as_text()
    {
        var path = _folder.File("x.yml", "name: a\nscope: '5'\ntags: {x: 1}\n");
        var configuration = LocalConfiguration.Load(path, Env.Of(("PATRONI_SCOPE", "7")));
        File.WriteAllText(path, "# another order, another type\ntags: {x: '1'}\nscope: 6\nname: 'a'\n");
        Assert.Null(configuration.Reload());
        File.WriteAllText(path, "name: a\ntags: {x: 2}\n");
        var fresh = configuration.Reload();
        Assert.Equal(("2", "7"), (fresh?.Text("tags.x"), fresh?.Scope));
        File.WriteAllText(path, "name: [\n");
        Assert.Throws<ConfigurationException>(() => fresh!.Reload());
    }

    private LocalConfiguration Load(string yaml) => LocalConfiguration.Load(_folder.File("x.yml", yaml), Env.Empty);
}

public class The_environment
{
    [Theory]
    [InlineData("NAME", "n1", """{"name":"n1"}""")]
    [InlineData("LOG_MODE", "0644", """{"log":{"mode":420}}""")]
    [InlineData("LOG_FILE_NUM", "x", "{}")]
    [InlineData("LOG_DEDUPLICATE_HEARTBEAT_LOGS", "yes", """{"log":{"deduplicate_heartbeat_logs":true}}""")]
    [InlineData("LOG_LOGGERS", "patroni.ha: DEBUG, x: INFO", """{"log":{"loggers":{"patroni.ha":"DEBUG","x":"INFO"}}}""")]
    [InlineData("LOG_FORMAT", "%(message)s", """{"log":{"format":"%(message)s"}}""")]
    [InlineData("LOG_FORMAT", "message, asctime", """{"log":{"format":["message","asctime"]}}""")]
    [InlineData("LOGLEVEL", "DEBUG", """{"log":{"level":"DEBUG"}}""")]
    [InlineData("RESTAPI_USERNAME", "u", """{"restapi":{"authentication":{"username":"u"}}}""")]
    [InlineData("RESTAPI_PASSWORD", "12345", """{"restapi":{"authentication":{"password":"12345"}}}""")]
    [InlineData("RESTAPI_ALLOWLIST", "10.0.0.0/8,db1", """{"restapi":{"allowlist":["10.0.0.0/8","db1"]}}""")]
    [InlineData("RESTAPI_HTTP_EXTRA_HEADERS", "X-A: b", """{"restapi":{"http_extra_headers":{"X-A":"b"}}}""")]
    [InlineData("POSTGRESQL_BIN_PG_CTL", "p", """{"postgresql":{"bin_name":{"pg_ctl":"p"}}}""")]
    [InlineData("POSTGRESQL_BIN_IS_READY", "p", """{"postgresql":{"bin_name":{"pg_isready":"p"}}}""")]
    [InlineData("SUPERUSER_SSLMODE", "require", """{"postgresql":{"authentication":{"superuser":{"sslmode":"require"}}}}""")]
    [InlineData("ETCD3_HOSTS", "h1:2379,h2:2379", """{"etcd3":{"hosts":["h1:2379","h2:2379"]}}""")]
    [InlineData("ETCD3_HOSTS", "- h1:2379\n- h2:2379", """{"etcd3":{"hosts":["h1:2379","h2:2379"]}}""")]
    [InlineData("ETCD3_HOSTS", "'h1:2379','h2:2379'", """{"etcd3":{"hosts":["h1:2379","h2:2379"]}}""")]
    [InlineData("ETCD3_PASSWORD", "0123", """{"etcd3":{"password":"0123"}}""")]
    [InlineData("ETCD3_URL", "", """{"etcd3":{"url":""}}""")]
    [InlineData("ETCD3_PORT", "2380", """{"etcd3":{"port":2380}}""")]
    [InlineData("ZOOKEEPER_USE_SSL", "false", """{"zookeeper":{"use_ssl":false}}""")]
    [InlineData("CONSUL_SCHEME", "https", """{"consul":{"scheme":"https"}}""")]
    [InlineData("CITUS_GROUP", "1", """{"citus":{"group":1}}""")]
    [InlineData("KUBERNETES_LABELS", "{a: b}", """{"kubernetes":{"labels":{"a":"b"}}}""")]
    [InlineData("RETRIABLE_HTTP_CODES", "503", """{"kubernetes":{"retriable_http_codes":[503]}}""")]
    [InlineData("RAFT_MIN_TIMEOUT", "0.5", """{"raft":{"min_timeout":0.5}}""")]
    [InlineData("CITUS_HOST", "h", "{}"), InlineData("CONSUL_USERNAME", "u", "{}"), InlineData("NAME", "", "{}"), InlineData("WHATEVER", "1", "{}")]
    public void Becomes_values_under_either_prefix(string name, string value, string expected)
    {
        foreach (var prefix in new[] { "PATRONI_", "HAAGENT_" })
        {
            Assert.Equal(expected, EnvironmentOverlay.Read(Env.Of((prefix + name, value))).Patch.ToJsonString());
        }
    }

    [Fact]
    public void Prefers_the_own_prefix_and_the_new_names()
    {
        var overlay = EnvironmentOverlay.Read(Env.Of(
            ("HAAGENT_NAME", "own"), ("PATRONI_NAME", "peer"), ("PATRONI_LOGLEVEL", "DEBUG"), ("PATRONI_LOG_LEVEL", "ERROR"),
            ("HAAGENT_SCOPE", ""), ("PATRONI_SCOPE", "s")));
        Assert.Equal(("own", "ERROR", "s"),
            (overlay.Patch["name"]!.ToString(), overlay.Patch["log"]!["level"]!.ToString(), overlay.Patch["scope"]!.ToString()));
    }

    [Fact]
    public void Is_merged_into_the_sections_of_the_file()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("x.yml", "name: a\npostgresql: {authentication: {superuser: {username: s, password: p}}}\n");
        var configuration = LocalConfiguration.Load(path, Env.Of(("PATRONI_SUPERUSER_PASSWORD", "secret"), ("PATRONI_NAME", "b")));
        Assert.Equal("""{"superuser":{"username":"s","password":"secret"}}""", configuration.Node("postgresql.authentication")!.ToJsonString());
        Assert.Equal(new NodeName("b"), configuration.Name);
        Assert.Equal(["PATRONI_NAME", "PATRONI_SUPERUSER_PASSWORD"], configuration.RecognisedVariables.Order());
    }

    [Fact]
    public void Reports_malformed_lists_and_goes_on()
    {
        var overlay = EnvironmentOverlay.Read(Env.Of(("PATRONI_ETCD3_HOSTS", "[a, b"), ("PATRONI_NAME", "n")));
        Assert.Equal("""{"name":"n"}""", overlay.Patch.ToJsonString());
        Assert.StartsWith("Exception when parsing list from PATRONI_ETCD3_HOSTS", Assert.Single(overlay.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PATRONI_X", true), InlineData("HAAGENT_X", true), InlineData("NOTIFY_SOCKET", true), InlineData("KUBERNETES_PORT", true)]
    [InlineData("PATH", false), InlineData("PGHOST", false), InlineData("HAAGENTCTL_CONFIG_FILE", false)]
    public void Keeps_the_agents_variables_from_children(string name, bool ours) =>
        Assert.Equal(ours, ProcessEnvironment.IsForTheAgentOnly(name));
}

public sealed class The_run_directory : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Is_the_one_that_was_asked_for_and_made_private()
    {
        var asked = Path.Combine(_folder.Path, "run");
        var environment = Env.Of(("HAAGENT_RUN_DIR", asked), ("HAAGENT_NAME", "a"), ("RUNTIME_DIRECTORY", "/never"));
        Assert.Equal(asked, RunDirectory.Choose(LocalConfiguration.Load(null, environment), environment));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(asked));
    }

    [Fact]
    public void Is_the_first_that_systemd_gives()
    {
        var given = Path.Combine(_folder.Path, "haagent");
        var environment = Env.Of(("PATRONI_NAME", "a"), ("RUNTIME_DIRECTORY", given + ":/other"));
        Assert.Equal(given, RunDirectory.Choose(LocalConfiguration.Load(null, environment), environment));
    }

    [Fact]
    public void Is_refused_when_it_cannot_be_used()
    {
        var file = _folder.File("file", "");
        var environment = Env.Of(("HAAGENT_RUN_DIR", file), ("HAAGENT_NAME", "a"));
        var error = Assert.Throws<ConfigurationException>(() => RunDirectory.Choose(LocalConfiguration.Load(null, environment), environment));
        Assert.Equal(("haagent.run_dir", file), (error.Setting, error.Value));
    }

    [Fact]
    public void Is_never_one_in_tmp_that_somebody_else_may_have_made()
    {
        var mine = Path.Combine(_folder.Path, "mine");
        Assert.Equal(mine, RunDirectory.InTemporary(mine));
        var link = Path.Combine(_folder.Path, "link");
        File.CreateSymbolicLink(link, mine);
        Assert.Throws<ConfigurationException>(() => RunDirectory.InTemporary(link));
        var open = Directory.CreateDirectory(Path.Combine(_folder.Path, "open")).FullName;
        File.SetUnixFileMode(open, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherWrite);
        Assert.Throws<ConfigurationException>(() => RunDirectory.InTemporary(open));
    }
}
