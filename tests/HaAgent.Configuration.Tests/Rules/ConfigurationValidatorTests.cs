using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using HaAgent.Configuration.Local;
using HaAgent.Configuration.Rules;
using HaAgent.Configuration.Yaml;
using HaAgent.Core.Settings;

namespace HaAgent.Configuration.Tests.Rules;

public sealed class The_validator : IDisposable
{
    private const string Binaries = "/usr/lib/postgresql/15/bin";
    private readonly TemporaryFolder _folder = new();
    private readonly Socket _store = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly int _storePort;
    private readonly int _restPort = FreePort.Find();
    private readonly int _postgresPort = FreePort.Find();

    public The_validator()
    {
        _store.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _store.Listen();
        _storePort = ((IPEndPoint)_store.LocalEndPoint!).Port;
    }

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Says_nothing_about_a_valid_file() => Assert.Empty(await ValidateAsync(""));

    [Theory]
    [InlineData("name: null", "name  is not defined.")]
    [InlineData("name: 5", "name 5 is not a string")]
    [InlineData("thread_pool_size: 4", "thread_pool_size 4 didn't pass validation: Wrong value")]
    [InlineData("thread_pool_size: many", "thread_pool_size many is not an integer")]
    [InlineData("log: {mode: 512}", "log.mode 512 didn't pass validation: Wrong value")]
    [InlineData("log: {level: LOUD}", "log.level LOUD didn't pass validation: Wrong value")]
    [InlineData("log: {format: []}", "log.format [] didn't pass validation: should contain at least one item")]
    [InlineData("log: {format: [5]}", "log.format [5] didn't pass validation: each item should be a string or a dictionary with string values")]
    [InlineData("log: {format: 5}", "log.format 5 didn't pass validation: Should be a string or a list")]
    [InlineData("log: text", "log text is not a dictionary")]
    [InlineData("bootstrap: {dcs: null}", "bootstrap.dcs  is not defined.")]
    [InlineData("bootstrap: {dcs: {ttl: 4}}", "bootstrap.dcs.ttl 4 didn't pass validation: Wrong value")]
    [InlineData("bootstrap: {dcs: {loop_wait: x}}", "bootstrap.dcs.loop_wait x is not an integer")]
    [InlineData("bootstrap: {dcs: {maximum_lag_on_syncnode: -2}}", "bootstrap.dcs.maximum_lag_on_syncnode -2 didn't pass validation: Wrong value")]
    [InlineData("bootstrap: {dcs: {synchronous_mode: half}}",
        "bootstrap.dcs.synchronous_mode half didn't pass validation: invalid value for synchronous_mode")]
    [InlineData("bootstrap: {dcs: {postgresql: {parameters: {max_connections: 0}}}}",
        "bootstrap.dcs.postgresql.parameters.max_connections 0 didn't pass validation: Wrong value")]
    [InlineData("restapi: {listen: nowhere}", "restapi.listen nowhere didn't pass validation: contains a wrong value")]
    [InlineData("restapi: {listen: null}", "restapi.listen  is not defined.")]
    [InlineData("restapi: {connect_address: null}", "restapi.connect_address  is not defined.")]
    [InlineData("restapi: {connect_address: 'localhost:8008'}", "restapi.connect_address localhost:8008 didn't pass validation: "
        + "must not contain \"127.0.0.1\", \"0.0.0.0\", \"*\", \"::1\", \"localhost\"")]
    [InlineData("restapi: {authentication: {password: null}}", "restapi.authentication.password  is not defined.")]
    [InlineData("restapi: {request_queue_size: 4097}", "restapi.request_queue_size 4097 didn't pass validation: Wrong value")]
    [InlineData("restapi: {allowlist: []}", "restapi.allowlist [] is an empty list")]
    [InlineData("restapi: {allowlist: 10.0.0.1}", "restapi.allowlist 10.0.0.1 is not a list")]
    [InlineData("restapi: {server_tokens: none}", "restapi.server_tokens none didn't pass validation: Wrong value")]
    [InlineData("postgresql: {listen: '127.0.0.1,*:5432'}", "postgresql.listen 127.0.0.1,*:5432 didn't pass validation: expecting '*' alone")]
    [InlineData("postgresql: {connect_address: 'a:b'}", "postgresql.connect_address a:b didn't pass validation: contains a wrong value")]
    [InlineData("postgresql: {authentication: {replication: {username: null}}}", "postgresql.authentication.replication.username  is not defined.")]
    [InlineData("postgresql: {authentication: {superuser: null}}", "postgresql.authentication.superuser  is not defined.")]
    [InlineData("postgresql: {data_dir: null}", "postgresql.data_dir  is not defined.")]
    [InlineData("postgresql: {data_dir: ''}", "postgresql.data_dir  didn't pass validation: is an empty string")]
    [InlineData("postgresql: {data_dir: /etc/passwd}", "postgresql.data_dir /etc/passwd didn't pass validation: is not a directory")]
    [InlineData("postgresql: {data_dir: /etc}", "postgresql.data_dir /etc didn't pass validation: doesn't look like a valid data directory")]
    [InlineData("postgresql: {bin_dir: /nowhere}", "postgresql.bin_dir /nowhere Directory '/nowhere' does not exist.")]
    [InlineData("postgresql: {bin_dir: /etc/passwd}", "postgresql.bin_dir /etc/passwd '/etc/passwd' is not a directory.")]
    [InlineData("postgresql: {bin_name: {pg_ctl: other}}", "postgresql.bin_name.pg_ctl other does not contain 'other' in '" + Binaries + "'")]
    [InlineData("postgresql: {pg_ctl_timeout: -1}", "postgresql.pg_ctl_timeout -1 didn't pass validation: Wrong value")]
    [InlineData("postgresql: {use_pg_rewind: maybe}", "postgresql.use_pg_rewind maybe is not a boolean")]
    [InlineData("watchdog: {safety_margin: -2}", "watchdog.safety_margin -2 didn't pass validation: Wrong value")]
    [InlineData("tags: {nofailover: true, failover_priority: 0}", "tags  Multiple of ('nofailover', 'failover_priority') provided")]
    [InlineData("tags: {nosync: true, sync_priority: 0}", "tags  Multiple of ('nosync', 'sync_priority') provided")]
    [InlineData("tags: {failover_priority: -1}", "tags.failover_priority -1 didn't pass validation: Wrong value")]
    [InlineData("etcd3: {hosts: []}", "etcd3.hosts [] is an empty list")]
    [InlineData("etcd3: {hosts: {a: b}}", "etcd3.hosts {'a': 'b'} is not a list")]
    [InlineData("kubernetes: {labels: {a: b}}", "kubernetes: this version keeps its state in etcd only. Remove the section and give etcd3.")]
    public async Task Writes_one_line_per_problem(string wrong, string line) => Assert.Equal([line], await ValidateAsync(wrong));

    [Fact]
    public async Task Reports_each_alternative_when_none_is_there()
    {
        Assert.Equal(["etcd  is not defined.", "etcd3  is not defined."], await ValidateAsync("etcd3: null"));
        Assert.Equal(
            ["host", "hosts", "proxy", "srv", "srv_suffix", "url"],
            (await ValidateAsync("etcd3: {hosts: null}")).Select(line => line.Split(' ')[0]["etcd3.".Length..]));
    }

    [Fact]
    public async Task Reports_a_store_that_cannot_be_reached()
    {
        var port = FreePort.Find();
        Assert.Equal([$"etcd3.hosts.0 127.0.0.1:{port} didn't pass validation: 127.0.0.1:{port} is not reachable"],
            await ValidateAsync($"etcd3: {{hosts: ['127.0.0.1:{port}']}}"));
    }

    [Fact]
    public async Task Reports_ports_in_use_unless_told_not_to()
    {
        var wrong = $"restapi: {{listen: '127.0.0.1:{_storePort}'}}";
        Assert.Equal([$"restapi.listen 127.0.0.1:{_storePort} didn't pass validation: Port {_storePort} is already in use."], await ValidateAsync(wrong));
        Assert.Empty(await ValidateAsync(wrong, ignoreListenPort: true));
    }

    [Fact]
    public async Task Compares_the_data_with_the_binaries()
    {
        var data = Directory.CreateDirectory(Path.Combine(_folder.Path, "data")).FullName;
        Assert.Empty(await ValidateAsync(""));
        Directory.CreateDirectory(Path.Combine(data, "global"));
        File.WriteAllText(Path.Combine(data, "global", "pg_control"), "");
        File.WriteAllText(Path.Combine(data, "PG_VERSION"), "14\n");
        Assert.Equal(
            [$"postgresql.data_dir {data} didn't pass validation: data dir for the cluster is not empty, but doesn't contain \"pg_wal\" directory"],
            await ValidateAsync(""));
        Directory.CreateDirectory(Path.Combine(data, "pg_wal"));
        Assert.Equal(
            [$"postgresql.data_dir {data} didn't pass validation: data_dir directory postgresql version (14) doesn't match with 'postgres --version' output (15)"],
            await ValidateAsync(""));
    }

    [Fact]
    public void Prints_what_files_and_environment_come_to()
    {
        var path = _folder.File("x.yml", "scope: s\nname: a\n");
        Assert.Equal("log:\n  mode: 420\nname: a\nscope: s\n",
            ConfigurationValidator.Print(LocalConfiguration.Load(path, Env.Of(("PATRONI_LOG_MODE", "0644")))));
    }

    private Task<ImmutableArray<string>> ValidateAsync(string change, bool ignoreListenPort = false)
    {
        var root = (JsonObject)Yaml11.Parse(Sample.Yaml, "sample")!;
        MergePatch.Apply(root, (JsonObject)Yaml11.Parse($$"""
            restapi: {listen: '127.0.0.1:{{_restPort}}', connect_address: '192.0.2.1:8008'}
            etcd3: {hosts: ['127.0.0.1:{{_storePort}}']}
            postgresql: {listen: '127.0.0.1:{{_postgresPort}}', connect_address: '192.0.2.1:5432', data_dir: '{{_folder.Path}}/data', bin_dir: {{Binaries}}}
            """, "ports")!);
        MergePatch.Apply(root, Yaml11.Parse(change, "change") as JsonObject ?? []);
        var path = _folder.File("x.yml", Yaml11Writer.Block(root));
        return ConfigurationValidator.ValidateAsync(
            LocalConfiguration.Load(path, Env.Empty), Binaries, ignoreListenPort, TestContext.Current.CancellationToken);
    }
}
