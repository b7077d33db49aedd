using HaAgent.Testing.Cluster;
using HaAgent.Testing.Processes;

namespace HaAgent.EndToEnd.Tests;

/// <summary>A replica that receives no WAL although its server runs: its receiver is stopped until this is disposed.</summary>
internal sealed class StoppedReceiver : IDisposable
{
    private readonly int _pid;
    private bool _stopped = true;

    private StoppedReceiver(int pid) => _pid = pid;

    public static StoppedReceiver Of(AgentProcess replica)
    {
        var receiver = replica.PostgresProcesses().Single(p => p.Title.Contains("walreceiver", StringComparison.Ordinal));
        LinuxProcesses.Send(receiver.Pid, Signal.Stop);
        return new StoppedReceiver(receiver.Pid);
    }

    public void Dispose()
    {
        if (_stopped)
        {
            _stopped = false;
            LinuxProcesses.Send(_pid, Signal.Continue);
        }
    }
}
