using Google.Protobuf;
using HaAgent.Dcs.Grpc;
using HaAgent.Dcs.Protos;

namespace HaAgent.Simulation.Etcd;

/// <summary>What made a key change.</summary>
internal enum ChangeCause
{
    /// <summary>A request of the process that is named with it.</summary>
    Client,
    LeaseExpiry,

    /// <summary>A lease ended before its time (etcd-io/etcd#15247).</summary>
    EarlyRevoke,
    Operator,
    Wipe,
}

/// <param name="Who">A client's process; empty when there is none.</param>
internal readonly record struct KeyCause(ChangeCause Kind, string Who)
{
    public override string ToString() => Who.Length == 0 ? $"{Kind}" : $"{Kind} {Who}";
}

/// <summary>A key before and after a change, at the instant at which the store made it.</summary>
/// <param name="Before">Null: it did not exist.</param>
/// <param name="After">Null: it was deleted.</param>
internal sealed record KeyChange(string Path, KeyValue? Before, KeyValue? After, long Revision, KeyCause Cause);

/// <summary>Something that is to happen to the replicated state.</summary>
internal enum CommandKind
{
    /// <summary>What a new leader writes first.</summary>
    Nothing,
    Put,
    Delete,
    Transaction,
    Grant,
    Revoke,
    Compact,
    Authenticate,
}

/// <summary>A proposal: what is asked of the replicated state, and who waits for its outcome.</summary>
internal sealed class SimCommand(CommandKind kind, IMessage? request, KeyCause cause)
{
    public CommandKind Kind { get; } = kind;
    public IMessage? Request { get; } = request;
    public KeyCause Cause { get; } = cause;

    /// <summary>Of a grant (chosen by the member that was asked) or a revocation.</summary>
    public long Lease { get; init; }

    /// <summary>Who waits, at the member that was asked; null: nobody.</summary>
    public SimCall? Call { get; init; }
}

/// <summary>What a command came to. The answer has no header yet: the member that gives it adds its own.</summary>
/// <param name="Answer">Null exactly when the status is not OK, or nobody needs one.</param>
/// <param name="Revision">Of the store after it.</param>
internal sealed record SimResult(GrpcStatus Status, IMessage? Answer, long Revision);

/// <summary>An entry of the replicated log.</summary>
internal sealed class SimEntry(ulong term, SimCommand command)
{
    public ulong Term { get; } = term;
    public SimCommand Command { get; } = command;

    /// <summary>Set by the first member that applies it; the same for all.</summary>
    public SimResult? Result { get; set; }
}
