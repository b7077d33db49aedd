using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Postgres;

/// <summary>What the servers of a run share: the tree of their timelines, who is where, the archive; and their events.</summary>
internal sealed class SimHistory(SimWorld world)
{
    private readonly SortedDictionary<string, SimServer> _servers = new(StringComparer.Ordinal);
    private readonly Chance _chance = world.Stream("postgres");
    private int _branches;
    private int _pids = 1000;

    public SimWorld World { get; } = world;

    /// <summary>Of all servers, e.g. 15.</summary>
    public int MajorVersion { get; set; } = 15;

    /// <summary>How much WAL a server keeps behind its last checkpoint for whoever has no slot, in bytes.</summary>
    public ulong WalKeep { get; set; } = 128UL << 20;

    /// <summary>What a slot may hold back at the most, in bytes; beyond, it is lost.</summary>
    public ulong MaxSlotWalKeep { get; set; } = ulong.MaxValue;

    /// <summary>Null: nothing is archived.</summary>
    public WalArchive? Archive { get; set; }

    public IReadOnlyCollection<SimServer> Servers => _servers.Values;

    /// <summary>It takes writes from now on.</summary>
    public event Action<SimServer>? BecameWritable;

    /// <summary>By whom: <c>agent</c>, <c>operator</c>.</summary>
    public event Action<SimServer, string>? PromoteIssued;

    /// <summary>Raised when an agent goes on to make a server writable after the last moment for it.</summary>
    public event Action<SimServer>? TooLate;

    internal void NoteTooLate(SimServer server) => TooLate?.Invoke(server);

    /// <summary>The server has sent an acknowledgement; it may not arrive.</summary>
    public event Action<Ack>? Acked;

    /// <summary>Target and source.</summary>
    public event Action<SimServer, SimServer>? RewindBegun;

    /// <summary>Its content is gone or moved aside, and why.</summary>
    public event Action<SimServer, string>? Discarded;

    /// <summary>Copy and source: a base backup has ended well.</summary>
    public event Action<SimServer, SimServer>? Cloned;

    /// <summary>Before it has any effect, and by whom.</summary>
    public event Action<SimServer, StopMode, string>? StopRequested;

    /// <summary>No process is left, and how it came to that.</summary>
    public event Action<SimServer, string>? Ended;

    /// <summary>Null when nobody listens at this address.</summary>
    public SimServer? Find(string connUrl) => _servers.GetValueOrDefault(connUrl);

    public void Add(SimServer server) => _servers.Add(server.ConnUrl, server);

    public Branch NewBranch(Timeline number, Branch? parent, Lsn from, SimServer writer) =>
        new(++_branches, number, parent, from, writer);

    public string NewSystemIdentifier() => $"74{_chance.Next() % 100_000_000_000_000_000UL:00000000000000000}";

    public int NewPid() => _pids += 1 + _chance.Below(20);

    public void RaiseBecameWritable(SimServer server) => BecameWritable?.Invoke(server);
    public void RaisePromoteIssued(SimServer server, string by) => PromoteIssued?.Invoke(server, by);
    public void RaiseAcked(Ack ack) => Acked?.Invoke(ack);
    public void RaiseRewindBegun(SimServer target, SimServer source) => RewindBegun?.Invoke(target, source);
    public void RaiseDiscarded(SimServer server, string reason) => Discarded?.Invoke(server, reason);
    public void RaiseCloned(SimServer copy, SimServer source) => Cloned?.Invoke(copy, source);
    public void RaiseStopRequested(SimServer server, StopMode mode, string by) => StopRequested?.Invoke(server, mode, by);
    public void RaiseEnded(SimServer server, string how) => Ended?.Invoke(server, how);
}

/// <summary>An acknowledged write.</summary>
/// <param name="Lsn">Where its commit record ends.</param>
/// <param name="At">When the server sent the acknowledgement, by the run's time.</param>
/// <param name="Durable">How many standbys had flushed it as the server knew; 0 without synchronous replication.</param>
internal sealed record Ack(SimServer Server, Branch Branch, Lsn Lsn, TimeSpan At, int Durable);
