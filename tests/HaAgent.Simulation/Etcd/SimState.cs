using System.Globalization;
using Google.Protobuf;
using HaAgent.Dcs.Etcd;
using HaAgent.Dcs.Protos;

namespace HaAgent.Simulation.Etcd;

/// <summary>The replicated state itself: what is true, whoever knows of it. It changes when the first member applies an entry.</summary>
internal sealed class SimState
{
    private readonly SimEtcd _cluster;
    private SimStateMachine _machine;
    private KeyCause _cause;
    private int _applied;

    public SimState(SimEtcd cluster)
    {
        _cluster = cluster;
        (Store, _machine) = Empty();
    }

    public SimStore Store { get; private set; }

    public bool RefusesWrites
    {
        get => _machine.RefusesWrites;
        set => _machine.RefusesWrites = value;
    }

    /// <summary>Raised for each change of a key as it is made.</summary>
    public event Action<KeyChange>? KeyChanged;

    /// <param name="index">How many entries were applied before it.</param>
    public SimResult ApplyFirst(SimEntry entry, int index)
    {
        if (index != _applied++)
        {
            throw new InvalidOperationException($"entry {index} is applied as number {_applied - 1}");
        }

        var command = entry.Command;
        _cause = command.Kind == CommandKind.Revoke ? CauseOfEnd(command) : command.Cause;
        var result = _machine.Apply(command);
        if (result.Answer is TxnResponse response && EtcdTransactions.TookEffect(response))
        {
            command.Call?.Errand?.TookEffect(result.Revision);
        }

        return result;
    }

    public void Wipe()
    {
        _cause = new(ChangeCause.Wipe, "");
        var before = Store;
        (Store, _machine) = Empty();
        _applied = 0;
        foreach (var key in before.Keys)
        {
            Raise(key.Key, key, null, before.Revision);
        }
    }

    private (SimStore Store, SimStateMachine Machine) Empty()
    {
        var store = new SimStore { Changed = change => Raise(change.Event.Kv.Key, change.Before, change.After, change.Revision) };
        return (store, new(store, _cluster.Auth));
    }

    private KeyCause CauseOfEnd(SimCommand command)
    {
        if (command.Cause.Kind != ChangeCause.LeaseExpiry || !Store.Leases.ContainsKey(command.Lease))
        {
            return command.Cause;
        }

        var isEarly = _cluster.RaftLeader?.Server.Lessor.Holds(command.Lease) == true;
        var what = isEarly ? "is ended early" : "has expired";
        _cluster.Note(string.Create(CultureInfo.InvariantCulture, $"lease {command.Lease:x} {what}"));
        _cluster.World.Count(isEarly ? "lease revoked early" : "lease expired");
        return isEarly ? new(ChangeCause.EarlyRevoke, "") : command.Cause;
    }

    private void Raise(ByteString key, KeyValue? before, KeyValue? after, long revision)
    {
        var path = key.ToStringUtf8();
        if (path.EndsWith("/leader", StringComparison.Ordinal) && (before?.Value != after?.Value || before?.Lease != after?.Lease))
        {
            var (from, to) = (before?.Value.ToStringUtf8() ?? "nobody", after?.Value.ToStringUtf8() ?? "nobody");
            _cluster.Note(string.Create(CultureInfo.InvariantCulture, $"{path}: {from} -> {to} by {_cause}, lease {after?.Lease ?? 0:x}"));
        }

        KeyChanged?.Invoke(new(path, before, after, revision, _cause));
    }
}
