using System.Collections.Immutable;
using HaAgent.Core.Authority;
using HaAgent.Core.Jobs;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Requests;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Tests;

/// <summary>Builds the view of a healthy node of a healthy cluster a, b, c with leader a; each method changes one fact.</summary>
internal sealed class Given
{
    public const string SystemId = "7710413840860529352";
    public static readonly Instant Now = new(TimeSpan.FromHours(1).Ticks);
    public static readonly DateTimeOffset Today = new(2026, 11, 21, 3, 0, 0, TimeSpan.Zero);
    public static readonly Lsn Here = new(0x5000000);

    private NodeView _view;

    private Given(NodeView view) => _view = view;

    public static implicit operator NodeView(Given given) => given._view;

    public NodeView Build() => _view;

    /// <summary>The same, to be changed on its own.</summary>
    public Given Copy() => new(_view);

    /// <summary>Node <paramref name="self"/>, primary and leader, its lease confirmed at this moment.</summary>
    public static Given Primary(string self = "a") => new Given(Base(self)).Running(inRecovery: false).WithLease(TimeSpan.Zero).LeadBy(self);

    /// <summary>Node <paramref name="self"/>, streaming from the leader a.</summary>
    public static Given Replica(string self = "b") => new Given(Base(self)).Running(inRecovery: true).LeadBy("a");

    /// <summary>A node with a data directory and no postmaster; a leads.</summary>
    public static Given Stopped(string self = "b") => new(Base(self));

    public static Given EmptyDirectory(string self = "b") => new Given(Base(self)).Directory(new DataDirectory.Empty());

    public Given With(Func<NodeView, NodeView> change)
    {
        _view = change(_view);
        return this;
    }

    public Given Remember(Func<NodeMemory, NodeMemory> change) => With(v => v with { Memory = change(v.Memory) });

    public Given Guard(Func<GuardReading, GuardReading> change) => With(v => v with { Guard = change(v.Guard) });

    public Given Settings(Func<HaSettings, HaSettings> change) => With(v => v with { Settings = change(v.Settings) });

    public Given Paused() => Settings(s => s with { Pause = true }).Remember(m => m with { WasPaused = true });

    public Given Store(Func<ClusterState, ClusterState> change) => With(v => v with { Dcs = new DcsReading.Answered(change(v.Cluster!), v.At) });

    public Given StoreSilent() => With(v => v with { Dcs = new DcsReading.Silent(DcsFailure.TimedOut) });

    public Given LeadBy(string leader) => Store(c => c with { Leader = new(new(leader), new(10), 77, 10) });

    public Given NobodyLeads() => Store(c => c with { Leader = null });

    public Given Directory(DataDirectory directory) => With(v => v with { Postgres = v.Postgres with { Directory = directory } });

    public Given Running(bool inRecovery, ulong position = 0x5000000) => With(v => v with
    {
        Postgres = v.Postgres with
        {
            Process = new ServerProcess.Running(4711, v.At - TimeSpan.FromHours(1)),
            Directory = ((DataDirectory.Initialized)v.Postgres.Directory) with { State = inRecovery ? ControlState.InArchiveRecovery : ControlState.InProduction, HasStandbySignal = inRecovery },
            Sql = new SqlReading.Answered
            {
                AskedAt = v.At,
                InRecovery = inRecovery,
                Timeline = new(1),
                Flushed = inRecovery ? default : new(position),
                Received = inRecovery ? new(position) : default,
                Replayed = inRecovery ? new(position) : default,
                ReplicationState = inRecovery ? "streaming" : null,
            },
        },
        Memory = v.Memory with { RoleEstablished = true, LocalRole = inRecovery ? LocalRole.Replica : LocalRole.Primary },
    });

    public Given NotAnswering() => With(v => v with { Postgres = v.Postgres with { Sql = new SqlReading.Unknown("no answer in time") } });

    public Given StartingUp() => With(v => v with { Postgres = v.Postgres with { Sql = new SqlReading.Rejecting(v.At) } });

    /// <summary>A lease of 30 s whose renewal was sent so long ago.</summary>
    public Given WithLease(TimeSpan sentAgo) => With(v => v with
    {
        Memory = v.Memory with
        {
            Authority = new NodeAuthority.Lease(LeaseTimes.From(v.At - sentAgo, TimeSpan.FromSeconds(30))),
            RenewAt = v.At - sentAgo + TimeSpan.FromSeconds(10),
        },
    });

    public Given WithAuthority(NodeAuthority authority) => Remember(m => m with { Authority = authority });

    public Given Tags(Func<Tags, Tags> change) => Settings(s => s with { Tags = change(s.Tags) });

    public Given Requested(string leader, string candidate) =>
        Store(c => c with { Failover = new(new(leader), new(candidate), null, new(99)) });

    /// <summary>The ballot of a peer, asked at this moment.</summary>
    public Given Ballot(string peer, ulong position, bool inRecovery = true, Func<Tags, Tags>? tags = null, uint timeline = 1) => Ballot(
        peer, new PeerAnswer.Answered(inRecovery, new(position), new(timeline), tags is null ? Snapshot.Tags.None : tags(Snapshot.Tags.None), false, "running", inRecovery ? "replica" : "primary"));

    public Given NoBallot(string peer, PeerSilence why = PeerSilence.TimedOut) => Ballot(peer, new PeerAnswer.Unreachable(why));

    public Given Loss(bool? byExpiry = true, bool early = false, string leader = "a") =>
        NobodyLeads().Remember(m => m with { Loss = new(Now, new(leader), byExpiry, early) });

    public Given Job(JobSpec spec, PermitKind? permit = null) => With(v => v with { Job = new(1, spec, v.At, "", permit, false) });

    public Given Asked(OperatorRequest request) => With(v => v with { Requests = [new RequestView(1, request, v.At, false)] });

    private Given Ballot(string peer, PeerAnswer answer) =>
        Remember(m => m with { Ballots = m.Ballots.SetItem(new(peer), new(new(peer), Now, answer)) });

    private static NodeView Base(string self)
    {
        var cluster = new ClusterState
        {
            Initialize = SystemId,
            Config = new("""{"ttl":30}""", new(1)),
            Members = [Member("a", "primary"), Member("b", "replica"), Member("c", "replica")],
            Status = ClusterStatus.Empty with { Optime = Here },
            Leader = new(new("a"), new(10), 77, 10),
        };
        var directory = new DataDirectory.Initialized(SystemId, ControlState.ShutDownInRecovery, new(new(1), Here), HasStandbySignal: true, HasBackupLabel: false, Unfinished: false);
        return new(
            new(self),
            Now,
            new DcsReading.Answered(cluster, Now),
            new PostgresReading(directory, new ServerProcess.None(), new SqlReading.Unknown("not running"), 150018),
            HaSettings.Default with { MayBootstrap = true },
            new NodeMemory { RenewAt = self == "a" ? Instant.Never : default, LastLed = cluster, LeaderSignAt = Now },
            Job: null,
            Requests: [],
            Dice: 0)
        {
            Utc = Today,
        };
    }

    public static Member Member(string name, string role) => new()
    {
        Name = new(name),
        ConnUrl = $"postgres://10.0.0.1:5432/{name}",
        ApiUrl = $"http://{name}:8008/patroni",
        State = "running",
        Role = role,
        Timeline = new(1),
        Position = Here,
    };
}
