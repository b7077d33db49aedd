using HaAgent.Testing.Cluster;
using HaAgent.Testing.Processes;

namespace HaAgent.EndToEnd.Tests;

/// <summary>Everything at once that could keep an agent from its work.</summary>
/// <remarks>
/// PostgreSQL hangs, and so does the reader of the log; work that does not end holds threads of the pool; the processors
/// are busy; clients are slow.
/// </remarks>
internal sealed class Disturbances : IAsyncDisposable
{
    public const int ItemsInPool = 200;
    public const int SlowClients = 500;

    private readonly AgentProcess _node;
    private readonly IReadOnlyList<LinuxProcess> _hung;
    private BusyProcessors? _busy;
    private HangingClients? _clients;

    private Disturbances(AgentProcess node) => (_node, _hung) = (node, node.PostgresProcesses());

    public static async Task<Disturbances> BeginAsync(AgentProcess node, string folder)
    {
        var all = new Disturbances(node);
        try
        {
            await node.Hold.FillPoolAsync(ItemsInPool);
            await node.Hold.BlockLogAsync();
            all.ToPostgres(Signal.Stop);
            all._clients = await HangingClients.ConnectAsync(node.Configuration.RestPort, idle: 0, dripping: SlowClients);
            all._busy = BusyProcessors.Start(folder);
            return all;
        }
        catch
        {
            await all.DisposeAsync();
            throw;
        }
    }

    /// <summary>That they are what they claim to be.</summary>
    public void AssertInForce()
    {
        Assert.NotEmpty(_hung);
        Assert.All(_hung, process => Assert.Equal('T', LinuxProcesses.Read(process.Pid)?.State));
        Assert.True(_node.Hold.IsLogBlocked, "somebody reads the log");
        Assert.Equal(ItemsInPool, _node.Hold.ItemsInPool);
        Assert.InRange(Directory.GetDirectories($"/proc/{_node.Agent.Pid}/task").Length, ItemsInPool, int.MaxValue);
        Assert.NotNull(_busy);
        _busy.AssertInForce();
    }

    public async ValueTask DisposeAsync()
    {
        if (_busy is not null)
        {
            await _busy.DisposeAsync();
        }

        if (_clients is not null)
        {
            await _clients.DisposeAsync();
        }

        ToPostgres(Signal.Continue);
        _node.Hold.Release();
    }

    private void ToPostgres(Signal signal)
    {
        foreach (var process in _hung)
        {
            LinuxProcesses.Send(process.Pid, signal);
        }
    }
}
