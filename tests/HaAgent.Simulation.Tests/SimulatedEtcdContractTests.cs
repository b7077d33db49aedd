using HaAgent.Core.Ports;
using HaAgent.Dcs.Tests;

namespace HaAgent.Simulation.Tests;

/// <summary>The product's client must find in the simulated etcd what it finds in the real one.</summary>
public abstract class Simulated_etcd(int members) : DcsContract
{
    private readonly EtcdRun _run = new(members);

    protected override TimeProvider Clock => _run.Clock;

    protected override IDcs Start(string name) => _run.Start(name);

    protected override Task RunAsync(Func<Task> test)
    {
        _run.Run(test);
        return Task.CompletedTask;
    }
}

public sealed class A_simulated_etcd_of_one() : Simulated_etcd(1);

public sealed class A_simulated_etcd_of_three() : Simulated_etcd(3);
