using HaAgent.Core.Ports;
using HaAgent.Dcs.Etcd;
using HaAgent.Testing.Etcd;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;

namespace HaAgent.Dcs.Tests;

/// <summary>One etcd for all tests of the contract; each test has a cluster of its own in it.</summary>
public sealed class SharedEtcd : IAsyncLifetime
{
    public EtcdServers Servers { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Servers = await EtcdServers.StartAsync();

    public ValueTask DisposeAsync() => Servers.DisposeAsync();
}

public sealed class Etcd(SharedEtcd etcd) : DcsContract, IClassFixture<SharedEtcd>
{
    private readonly string _scope = Guid.NewGuid().ToString("N");

    protected override IDcs Start(string name)
    {
        var section = new JsonObject { ["hosts"] = etcd.Servers.Hosts };
        var options = EtcdOptions.Read(section, _scope, "service", name);
        return EtcdDcs.Start(options, EtcdTiming.Default, TimeProvider.System, new Random(1), NullLogger.Instance);
    }
}
