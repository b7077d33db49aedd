using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Loop;

/// <summary>What the loop's parts share. Touched on the pump only.</summary>
internal sealed class LoopState(NodeIdentity identity, WakeUp wake)
{
    public NodeIdentity Identity { get; } = identity;

    public NodeMemory Memory { get; private set; } = new();

    /// <summary>Set when the process is to end.</summary>
    public int? ExitCode { get; set; }

    /// <summary>An exit code that an ending sequence under way is to end with.</summary>
    public int EndingCode { get; set; }

    /// <summary>Changes the memory without waking anybody: within a turn.</summary>
    public void Change(Func<NodeMemory, NodeMemory> change) => Memory = change(Memory);

    /// <summary>Changes the memory from something that ended outside a turn, and has the loop look at it.</summary>
    public void Fold(Func<NodeMemory, NodeMemory> change)
    {
        Memory = change(Memory);
        wake.Set();
    }
}
