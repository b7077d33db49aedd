using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using HaAgent.Configuration.Local;
using HaAgent.Configuration.Rules;
using HaAgent.Configuration.Yaml;
using HaAgent.Core.Settings;

namespace HaAgent.Configuration.Tests.Rules;

/// <summary>Each configuration is wrong in one way: the sentence that the operator sees is part of the contract.</summary>
public sealed class The_check_at_start : IDisposable
{
    /// <summary>Longer than a label can be: the resolver says no by itself, with or without a network.</summary>
    private const string Missing = "no-such-host-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

    private readonly TemporaryFolder _folder = new();
    private readonly int _restPort = FreePort.Find();
    private readonly int _postgresPort = FreePort.Find();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Passes_a_usual_file_without_a_word() => Assert.Empty(await CheckAsync(""));

    [Theory]
    [InlineData("name: null", "name: is not set. Give this node a name that is unique in the cluster.")]
    [InlineData("scope: ''", "scope: is not set. Give the name of the cluster, the same on all its nodes.")]
    [InlineData("scope: [a]", "scope = '['a']': expected a text. Give the name of the cluster, the same on all its nodes.")]
    [InlineData("restapi: {listen: null}", "Can not find \"restapi.listen\" config")]
    [InlineData("restapi: {listen: 8008}", "Invalid \"restapi\" config: expected <HOST>:<PORT> for \"listen\", but got \"8008\"")]
    [InlineData("restapi: {listen: 'a:b'}", "Invalid \"restapi\" config: expected <HOST>:<PORT> for \"listen\", but got \"a:b\"")]
    [InlineData("restapi: {listen: '0.0.0.0:70000'}", "Invalid \"restapi\" config: expected <HOST>:<PORT> for \"listen\", but got \"0.0.0.0:70000\"")]
    [InlineData("restapi: {authentication: {password: null}}",
        "restapi.authentication.password: is not set. Give both username and password, or remove the section.")]
    [InlineData("restapi: {connect_address: db1}", "restapi.connect_address = 'db1': expected <HOST>:<PORT> with a port from 0 to 65535.")]
    [InlineData("restapi: {connect_address: '" + Missing + ":8008'}",
        "restapi.connect_address = '" + Missing + ":8008': the host " + Missing + " does not exist: its name cannot be resolved. "
        + "Correct it, or add it to DNS or /etc/hosts.")]
    [InlineData("postgresql: {listen: null}", "postgresql.listen: is not set. Give the addresses and the port of PostgreSQL, e.g. 0.0.0.0:5432.")]
    [InlineData("postgresql: {listen: 'a:b'}", "postgresql.listen = 'a:b': expected <HOST>:<PORT> with a port from 0 to 65535.")]
    [InlineData("postgresql: {listen: '127.0.0.1," + Missing + ":5432'}",
        "postgresql.listen = '127.0.0.1," + Missing + ":5432': the host " + Missing + " does not exist: its name cannot be resolved. "
        + "Correct it, or add it to DNS or /etc/hosts.")]
    [InlineData("postgresql: {data_dir: null}", "postgresql.data_dir: is not set. Give the path of PostgreSQL's data directory.")]
    [InlineData("etcd3: null", "etcd3: is not set. Give the addresses of etcd, e.g. etcd3: {hosts: [10.0.0.1:2379]}.")]
    [InlineData("etcd3: {hosts: null}", "etcd3: holds no address. Give one of hosts, host, url, proxy or srv.")]
    [InlineData("etcd3: {hosts: ['a:b']}", "etcd3.hosts = 'a:b': expected <HOST>:<PORT> with a port from 1 to 65535.")]
    [InlineData("etcd3: {url: 'ftp://user:secret@h'}", "etcd3.url: expected a URL such as http://10.0.0.1:2379.")]
    [InlineData("etcd3: {url: 'http://user:secret@" + Missing + ":2379'}",
        "etcd3.url: the host " + Missing + " does not exist: its name cannot be resolved. Correct it, or add it to DNS or /etc/hosts.")]
    [InlineData("etcd3: {hosts: '" + Missing + ":2379'}",
        "etcd3.hosts = '" + Missing + ":2379': the host " + Missing + " does not exist: its name cannot be resolved. "
        + "Correct it, or add it to DNS or /etc/hosts.")]
    [InlineData("bootstrap: {dcs: {ttl: soon}}", "bootstrap.dcs.ttl = 'soon': give a whole number of seconds above 0.")]
    [InlineData("bootstrap: {dcs: {loop_wait: -1}}", "bootstrap.dcs.loop_wait = '-1': give a whole number of seconds above 0.")]
    [InlineData("bootstrap: {dcs: {retry_timeout: 10.5}}", "bootstrap.dcs.retry_timeout = '10.5': give a whole number of seconds above 0.")]
    [InlineData("bootstrap: {dcs: {retry_timeout: yes}}", "bootstrap.dcs.retry_timeout = 'True': give a whole number of seconds above 0.")]
    [InlineData("raft: {self_addr: 'a:1'}", "raft: this version keeps its state in etcd only. Remove the section and give etcd3.")]
    public async Task Ends_with_one_clear_sentence(string wrong, string sentence)
    {
        var error = await Assert.ThrowsAsync<ConfigurationException>(() => CheckAsync(wrong));
        Assert.Equal(sentence, error.Message);
    }

    [Fact]
    public async Task Leaves_values_that_break_the_timing_rule_to_be_adjusted() =>
        Assert.Empty(await CheckAsync("bootstrap: {dcs: {ttl: 5, loop_wait: 100, retry_timeout: 1}}"));

    [Fact]
    public async Task Names_the_port_that_another_process_holds()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        other.Listen();
        var port = ((IPEndPoint)other.LocalEndPoint!).Port;
        var rest = await Assert.ThrowsAsync<ConfigurationException>(() => CheckAsync($"restapi: {{listen: '127.0.0.1:{port}'}}"));
        Assert.Equal(
            $"Couldn't start a service on '127.0.0.1:{port}', please check your `restapi.listen` configuration: "
            + $"port {port} is already in use by another process. Stop that one, or choose another port.",
            rest.Message);
        Assert.Equal(("restapi.listen", $"127.0.0.1:{port}"), (rest.Setting, rest.Value));

        var postgres = await Assert.ThrowsAsync<ConfigurationException>(() => CheckAsync($"postgresql: {{listen: '127.0.0.1:{port}'}}"));
        Assert.Equal(
            $"postgresql.listen = '127.0.0.1:{port}': port {port} is already in use by another process. Stop that one, or choose another port.",
            postgres.Message);

        _folder.File("postmaster.pid", "1\n");
        Assert.Empty(await CheckAsync($"postgresql: {{listen: '127.0.0.1:{port}', data_dir: '{_folder.Path}'}}"));
    }

    [Fact]
    public async Task Names_an_address_that_this_host_does_not_have()
    {
        var error = await Assert.ThrowsAsync<ConfigurationException>(() => CheckAsync("restapi: {listen: '192.0.2.1:8008'}"));
        Assert.EndsWith("this host has no such address. Give one that it has, or 0.0.0.0 for all.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_notices_one_etcd_host_of_several_that_does_not_exist() =>
        Assert.Equal(
            ["etcd3.hosts: the host " + Missing + " does not exist: its name cannot be resolved."],
            await CheckAsync("etcd3: {hosts: ['" + Missing + ":2379', '127.0.0.1:2379']}"));

    private Task<ImmutableArray<string>> CheckAsync(string change)
    {
        var root = (JsonObject)Yaml11.Parse(Sample.Yaml, "sample")!;
        MergePatch.Apply(root, (JsonObject)Yaml11.Parse($$"""
            restapi: {listen: '127.0.0.1:{{_restPort}}'}
            postgresql: {listen: '127.0.0.1:{{_postgresPort}}', data_dir: '{{_folder.Path}}/data'}
            """, "ports")!);
        MergePatch.Apply(root, Yaml11.Parse(change, "change") as JsonObject ?? []);
        var path = _folder.File("x.yml", Yaml11Writer.Block(root));
        return StartupCheck.RunAsync(LocalConfiguration.Load(path, Env.Empty), TestContext.Current.CancellationToken);
    }
}

internal static class FreePort
{
    public static int Find()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
