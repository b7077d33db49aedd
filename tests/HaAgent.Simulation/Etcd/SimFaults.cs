using System.Globalization;
using Google.Protobuf;
using HaAgent.Dcs.Grpc;
using HaAgent.Dcs.Protos;
using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Etcd;

/// <summary>An answer that was lost after its request had been served.</summary>
/// <param name="Host">Of the caller.</param>
/// <param name="Applied">Did the request change anything?</param>
/// <param name="Breaks">The caller saw its connection break; else it saw nothing.</param>
internal sealed record LostReply(string Host, string Path, bool Applied, bool Breaks);

/// <summary>What can happen to an etcd besides what happens to its hosts and to the network.</summary>
internal sealed class SimFaults(SimEtcd cluster)
{
    private readonly List<Awaited> _awaited = [];
    private readonly Chance _chance = cluster.World.Stream("etcd faults");

    /// <summary>Raised when a reply has been lost.</summary>
    public event Action<LostReply>? ReplyLost;

    /// <summary>The next answer to this method for a process of this host does not arrive; the effect has happened.</summary>
    /// <param name="breaks">The connection breaks visibly; null: by chance.</param>
    public void LoseNextReply(string host, string path, bool? breaks = null) =>
        _awaited.Add(new(host, path, null, breaks ?? _chance.Happens(0.5)));

    /// <summary>The next answer to this method for a process of this host leaves so much later.</summary>
    public void DelayNextAnswer(string host, string path, TimeSpan by) => _awaited.Add(new(host, path, by, Breaks: false));

    /// <summary>Another member becomes the leader of the log now, if one can.</summary>
    public void ForceElection()
    {
        var leader = cluster.RaftLeader;
        var others = cluster.Members.Where(member => member != leader && member.IsUp).ToArray();
        _chance.Shuffle(others);
        foreach (var other in others)
        {
            if (other.Raft.TryWin(evenIfOthersHearALeader: true))
            {
                return;
            }
        }

        if (leader is { IsUp: true })
        {
            leader.Raft.TryWin(evenIfOthersHearALeader: true);
        }
    }

    /// <summary>One member after the other is stopped in order and started again, the leader last.</summary>
    /// <param name="pause">From the start of one to the stop of the next.</param>
    public void RollingRestart(TimeSpan pause)
    {
        var leader = cluster.RaftLeader;
        var order = cluster.Members.Where(member => member != leader).ToList();
        if (leader is not null)
        {
            order.Add(leader);
        }

        RestartNext(order, pause);
    }

    /// <summary>Everything is gone, as if every data directory had been deleted.</summary>
    /// <param name="keepsClusterId">The same members with the same token: revisions and terms begin anew under the old name.</param>
    public void Wipe(bool keepsClusterId)
    {
        cluster.Note(keepsClusterId ? "is wiped and begins anew" : "is wiped and begins as another cluster");
        cluster.Wipe(keepsClusterId);
        cluster.World.Count("etcd wiped");
    }

    /// <summary>Forgets all history before now; watches cannot begin there any more.</summary>
    /// <returns>False when there is no leader to do it.</returns>
    public bool Compact() => Operate(new(CommandKind.Compact, null, Operator));

    public bool Delete(string path) => Operate(new(
        CommandKind.Delete, new DeleteRangeRequest { Key = ByteString.CopyFromUtf8(path) }, Operator));

    /// <summary>Without a lease.</summary>
    public bool Put(string path, string value) => Operate(new(
        CommandKind.Put, new PutRequest { Key = ByteString.CopyFromUtf8(path), Value = ByteString.CopyFromUtf8(value) }, Operator));

    /// <summary>The lease that a key hangs on ends before its time (etcd-io/etcd#15247).</summary>
    public bool EarlyRevoke(string path) => cluster.Find(path) is { Lease: not 0 } key
        && Operate(new(CommandKind.Revoke, null, new(ChangeCause.EarlyRevoke, "")) { Lease = key.Lease });

    /// <summary>A member loses the others, not its clients: it shows what it has, in its old term, and confirms nothing new.</summary>
    public void MakeStale(int member, bool isStale = true)
    {
        cluster.Members[member].IsIsolated = isStale;
        cluster.Note($"{cluster.Members[member].Name} {(isStale ? "is cut off from" : "is joined to")} the others");
    }

    public void ExpireTokens()
    {
        cluster.Auth.ExpireTokens();
        cluster.World.Count("etcd tokens expired");
    }

    /// <summary>True when a fault takes the answer that would leave now.</summary>
    internal bool Takes(SimMember member, SimCall call, GrpcStatus status, IMessage? answer)
    {
        for (var i = 0; i < _awaited.Count; i++)
        {
            var fault = _awaited[i];
            if (fault.Host != call.Caller.Host.Name || fault.Path != call.Path)
            {
                continue;
            }

            _awaited.RemoveAt(i);
            if (fault.Delay is { } delay)
            {
                cluster.World.Count("etcd answer delayed");
                member.Process.After(delay, () => cluster.Tell(member, call, status, answer));
            }
            else
            {
                Lose(member, call, Changes(answer), fault.Breaks);
            }

            return true;
        }

        return false;
    }

    private static KeyCause Operator => new(ChangeCause.Operator, "");

    private static bool Changes(IMessage? answer) => answer switch
    {
        TxnResponse transaction => Dcs.Etcd.EtcdTransactions.TookEffect(transaction),
        DeleteRangeResponse delete => delete.Deleted > 0,
        LeaseKeepAliveResponse renewal => renewal.TTL > 0,
        PutResponse or LeaseGrantResponse => true,
        _ => false,
    };

    private void Lose(SimMember member, SimCall call, bool applied, bool breaks)
    {
        cluster.Note(string.Create(
            CultureInfo.InvariantCulture,
            $"the reply to {call.Path} for {call.Caller} is lost, {(applied ? "applied" : "without effect")}"));
        cluster.World.Count(applied ? "lost reply applied" : "lost reply without effect");
        ReplyLost?.Invoke(new(call.Caller.Host.Name, call.Path, applied, breaks));
        if (breaks)
        {
            cluster.Tell(member, call, GrpcStatus.Broken("connection reset by peer"), null);
        }
    }

    private bool Operate(SimCommand command) => cluster.RaftLeader is { IsUp: true } leader && leader.Raft.Propose(command);

    private void RestartNext(List<SimMember> order, TimeSpan pause)
    {
        if (order.Count == 0)
        {
            cluster.World.Count("etcd rolling restart");
            return;
        }

        var member = order[0];
        order.RemoveAt(0);
        if (member.Raft.IsLeader)
        {
            ForceElection(); // a leader that is stopped in order hands over first
        }

        cluster.Note($"{member.Name} is restarted");
        member.Kill();
        cluster.World.Time.After(_chance.Seconds(0.3, 3), () =>
        {
            member.Start();
            cluster.World.Time.After(pause, () => RestartNext(order, pause));
        });
    }

    /// <param name="Delay">Null: it is lost.</param>
    private sealed record Awaited(string Host, string Path, TimeSpan? Delay, bool Breaks);
}
