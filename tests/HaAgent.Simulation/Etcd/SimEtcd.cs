using System.Globalization;
using System.Text;
using Google.Protobuf;
using HaAgent.Dcs.Grpc;
using HaAgent.Dcs.Protos;
using HaAgent.Dcs.Records;
using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Etcd;

/// <summary>A cluster of etcd on simulated hosts, one member each; a host may carry other things too.</summary>
/// <remarks>
/// The product's client runs above it unchanged. One replicated log decides the order of everything; what each member knows
/// of it, and believes of itself, is its own.
/// </remarks>
internal sealed class SimEtcd
{
    /// <summary>What the journal calls it.</summary>
    public const string JournalName = "etcd2";

    private readonly Chance _chance;
    private readonly Dictionary<string, ByteString> _paths = new(StringComparer.Ordinal);

    public SimEtcd(SimWorld world, IReadOnlyList<SimHost> hosts)
    {
        World = world;
        _chance = world.Stream("etcd");
        Wire = new(world);
        Faults = new(this);
        ClusterId = _chance.Next();
        State = new(this);
        var members = new SimMember[hosts.Count];
        Members = members;
        for (var i = 0; i < hosts.Count; i++)
        {
            members[i] = new(this, i, hosts[i]);
        }

        foreach (var member in members)
        {
            member.Raft.Restart();
        }

        _chance.OneOf(Members).Raft.TryWin(evenIfOthersHearALeader: true);
        ScheduleTick();
    }

    public SimWorld World { get; }
    public IReadOnlyList<SimMember> Members { get; }
    public ulong ClusterId { get; private set; }
    public SimAuth Auth { get; } = new();

    /// <summary>What it says it is. Versions before 3.4.31 and 3.5.13 may end leases early.</summary>
    public string Version { get; set; } = "3.5.17";

    /// <summary>What can go wrong with it, and what operators do to it.</summary>
    public SimFaults Faults { get; }

    public SimState State { get; }

    /// <summary>What is true now, whoever knows of it.</summary>
    public SimStore Store => State.Store;

    public SimWire Wire { get; }

    /// <summary>Out of space: writes of keys and new leases are refused, all else works.</summary>
    public bool RefusesWrites
    {
        get => State.RefusesWrites;
        set => State.RefusesWrites = value;
    }

    /// <summary>Does a member that led before end leases that others have prolonged (etcd-io/etcd#15247)?</summary>
    public bool EndsLeasesOfOthers => Dcs.Etcd.EtcdVersions.Warning(Version) is not null;

    /// <summary>The member that leads in the newest term; null: none. It may have been cut off, and not know yet.</summary>
    public SimMember? RaftLeader
    {
        get
        {
            SimMember? leader = null;
            foreach (var member in Members)
            {
                if (!member.Process.IsDead && member.Raft.IsLeader && (leader is null || member.Raft.Term > leader.Raft.Term))
                {
                    leader = member;
                }
            }

            return leader;
        }
    }

    /// <summary>The newest term that any member has seen.</summary>
    public ulong Term
    {
        get
        {
            var term = 0UL;
            foreach (var member in Members)
            {
                term = Math.Max(term, member.Raft.Term);
            }

            return term;
        }
    }

    /// <summary>Is there a leader now whom a majority follows?</summary>
    public bool HasQuorum => RaftLeader is { IsUp: true } leader && leader.Raft.Quorum.CountFollowers() >= Majority;

    /// <summary>How long the member that leads will still keep a lease, by the run's time; null: nobody leads, or it knows no such lease.</summary>
    public TimeSpan? LeaseLeft(long id) =>
        RaftLeader is { } leader && leader.Server.Lessor.Left(id) is { } left ? leader.Host.ToRun(left) : null;

    public int Majority => (Members.Count / 2) + 1;

    /// <summary>Raised for each change of a key at the instant at which the store makes it.</summary>
    public event Action<KeyChange>? KeyChanged
    {
        add => State.KeyChanged += value;
        remove => State.KeyChanged -= value;
    }

    /// <summary>Raised when a member has become the leader of the log.</summary>
    public event Action<SimMember>? Elected;

    /// <summary>Raised when a member that leads no more has leases ended, whoever prolonged them elsewhere.</summary>
    public event Action? EndedByOthers;

    /// <param name="member">0 and up.</param>
    public Uri ClientUrl(int member) => new(string.Create(CultureInfo.InvariantCulture, $"http://{Members[member].Name}:2379/"));

    /// <summary>What carries gRPC from a process to a member.</summary>
    public IGrpcChannel Connect(SimProcess caller, Uri address)
    {
        foreach (var member in Members)
        {
            if (string.Equals(member.Name, address.Host, StringComparison.OrdinalIgnoreCase))
            {
                return new SimChannel(this, caller, member);
            }
        }

        throw new ArgumentException($"no member of this etcd is at {address}", nameof(address));
    }

    /// <summary>Could a client on this host be told now what is current?</summary>
    public bool AnswersMajorityFrom(string host)
    {
        if (!HasQuorum)
        {
            return false;
        }

        var leader = RaftLeader!;
        foreach (var member in Members)
        {
            if (member.IsUp && World.Network.ReachBoth(host, member.Name) && (member == leader || AreLinked(member, leader)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A key as it is now, by its full path; null: there is none.</summary>
    public StoredKey? Find(string path) =>
        Store.Find(Bytes(path)) is { } key ? new(path, key.Value.ToStringUtf8(), key.ModRevision, key.CreateRevision, key.Lease) : null;

    /// <summary>Who holds the leader key below a prefix (<c>/service/batman/</c>) now; null: nobody.</summary>
    public string? Leader(string prefix) => Find(PathOf(prefix, DcsKeys.Leader))?.Value;

    /// <summary>The lease it hangs on; 0: none.</summary>
    public long LeaderLease(string prefix) => Find(PathOf(prefix, DcsKeys.Leader))?.Lease ?? 0;

    /// <summary>Between members, both ways.</summary>
    internal bool AreLinked(SimMember a, SimMember b) => Reaches(a, b) && Reaches(b, a);

    internal bool Reaches(SimMember from, SimMember to) =>
        !from.IsIsolated && !to.IsIsolated && World.Network.Reaches(from.Name, to.Name);

    /// <summary>A message between members; lost is lost, also with the connection to a process that has ended meanwhile.</summary>
    internal void SendToPeer(SimMember from, SimMember to, Action arrive)
    {
        if (from == to)
        {
            arrive();
            return;
        }

        var connected = to.Process;
        World.Network.Send(from.Name, to.Name, () =>
        {
            if (Reaches(from, to) && to.Process == connected)
            {
                connected.Deliver(arrive);
            }
        });
    }

    /// <summary>An answer leaves for its caller, unless a fault has it.</summary>
    internal void Answer(SimMember member, SimCall call, GrpcStatus status, IMessage? answer)
    {
        if (!Faults.Takes(member, call, status, answer))
        {
            Tell(member, call, status, answer);
        }
    }

    /// <summary>To the caller. That a stream has broken is not always heard: it stays half open then.</summary>
    internal void Tell(SimMember member, SimCall call, GrpcStatus status, IMessage? answer) => Wire.Send(
        member.Host,
        call.Caller.Host,
        () => call.Caller.Deliver(() => call.Arrive(0, status, answer)),
        () => !call.IsOver && !call.Caller.IsDead && (call is not SimStreamCall || _chance.Happens(0.5)));

    /// <summary>What a caller has given up on may be on its way all the same.</summary>
    internal bool IsWorthSending(SimCall call) => !call.Caller.IsDead && (!call.IsOver || _chance.Happens(0.5));

    internal MemberListResponse MemberList()
    {
        var list = new MemberListResponse();
        foreach (var member in Members)
        {
            list.Members.Add(new Member { ID = member.Id, Name = member.Name, ClientURLs = { ClientUrl(member.Index).OriginalString } });
        }

        return list;
    }

    internal void Note(string what) => World.Journal.Write(JournalName, what);

    internal void NoteElection(SimMember leader)
    {
        Note(string.Create(CultureInfo.InvariantCulture, $"{leader.Name} leads term {leader.Raft.Term}"));
        if (World.Time.Now > TimeSpan.Zero)
        {
            World.Count("etcd election");
        }

        Elected?.Invoke(leader);
    }

    internal void NoteEndedByOthers()
    {
        World.Count("leases ended by a deposed leader");
        EndedByOthers?.Invoke();
    }

    internal void NoteRenewed(SimMember by, long lease)
    {
        if (by.Raft.Term < Term)
        {
            Note(string.Create(CultureInfo.InvariantCulture, $"{by.Name}, deposed, confirms lease {lease:x}"));
            World.Count("deposed keepalive confirmed");
        }
    }

    /// <summary>At least once.</summary>
    public bool WasWiped { get; private set; }

    /// <summary>All data are gone.</summary>
    internal void Wipe(bool keepsClusterId)
    {
        WasWiped = true;
        ClusterId = keepsClusterId ? ClusterId : _chance.Next();
        foreach (var member in Members)
        {
            member.Kill();
            member.Start();
            member.Raft.Wipe();
            member.Server.Wipe();
        }

        State.Wipe();
    }

    private void ScheduleTick() => World.Time.After(_chance.Milliseconds(90, 110), () =>
    {
        var first = _chance.Below(Members.Count);
        for (var i = 0; i < Members.Count; i++)
        {
            Members[(first + i) % Members.Count].Tick();
        }

        ScheduleTick();
    });

    private ByteString Bytes(string path)
    {
        if (!_paths.TryGetValue(path, out var bytes))
        {
            bytes = ByteString.CopyFrom(path, Encoding.UTF8);
            _paths.Add(path, bytes);
        }

        return bytes;
    }

    private static string PathOf(string prefix, string name) => prefix.EndsWith('/') ? prefix + name : $"{prefix}/{name}";
}
