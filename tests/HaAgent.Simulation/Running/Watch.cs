using System.Text.Json;
using HaAgent.Simulation.Checkers;
using HaAgent.Simulation.Cluster;
using HaAgent.Simulation.Etcd;
using HaAgent.Simulation.Postgres;
using SimServer = HaAgent.Simulation.Postgres.SimServer;

namespace HaAgent.Simulation.Running;

/// <summary>Brings what happens in a cluster before the checkers that it concerns, and counts it.</summary>
internal sealed class Watch
{
    private const int DidNotSettle = 1006;

    /// <summary>As the servers call who acts for the product.</summary>
    private const string Agent = "agent";

    private readonly SimCluster _cluster;
    private readonly Clients _clients;
    private readonly OneWriter _oneWriter;
    private readonly CountedLeases _leases;
    private readonly GuardedWord _word;
    private readonly Promotions _promotions;
    private readonly DestructiveSteps _destructive;
    private readonly HandOvers _handOvers;
    private readonly Races _races;
    private readonly TrueAnswers _answers;
    private readonly Circles _circles;
    private readonly List<(string Node, TimeSpan At)> _raced = [];
    private readonly Dictionary<SimNode, TimeSpan> _promotedAt = [];
    private string? _lastLeader;
    private bool _endedByExpiry;

    public Watch(SimCluster cluster)
    {
        _cluster = cluster;
        _clients = new(cluster);
        Exceptions = new(cluster);
        _oneWriter = new(cluster, Exceptions);
        _leases = new(cluster, Exceptions);
        _word = new(cluster, Exceptions);
        _promotions = new(cluster, Exceptions);
        _destructive = new(cluster);
        _handOvers = new(cluster, Exceptions);
        _races = new(cluster, Exceptions);
        _answers = new(cluster);
        _circles = new(cluster);
        Convergence = new(cluster);
        NeedlessStops = new(cluster);
    }

    public Exceptions Exceptions { get; }
    public Convergence Convergence { get; }
    public NeedlessStops NeedlessStops { get; }

    public void Count(string what) => _cluster.World.Count(what);

    public void Start()
    {
        _clients.AboutToWrite += _oneWriter.Look;
        _clients.AboutToWrite += _destructive.Look;
        _clients.AboutToWrite += NeedlessStops.Look;
        _clients.AboutToWrite += _races.Look;
        _cluster.Etcd.KeyChanged += OnKeyChanged;
        _cluster.Etcd.EndedByOthers += () => Exceptions.Excuse(TimeSpan.FromSeconds(_cluster.Plan.Ttl + 10));
        _cluster.Etcd.Faults.ReplyLost += lost => Count(lost.Applied ? "fault reply lost" : "reply lost, nothing applied");
        _cluster.Refused += _answers.Refused;
        _cluster.Turned += (node, status) => OnTurned(node, status.RuleId);
        _cluster.World.Journal.EventHappened += OnEvent;
        foreach (var node in _cluster.Nodes)
        {
            node.Guard.Written += (before, after) => _word.Written(node, before, after);
            node.Guard.DeadlineSet += (end, lease) => _leases.Armed(node, end, lease);
            node.Guard.Fired += () => NeedlessStops.Fired(node);
        }

        FollowServers(_cluster.Servers);

        _clients.Start();
    }

    /// <summary>A checker that had nothing to check has shown nothing.</summary>
    public void End()
    {
        Count("histories");
        foreach (var node in _cluster.Nodes)
        {
            if (node.Agent?.ForeignPost is { } stack)
            {
                _cluster.Violations.Add("code", $"something was posted to the pump of {node} from a foreign thread: {stack}");
            }
        }

        if (_oneWriter.Checked == 0 || _promotions.Checked == 0 || _leases.Checked == 0 || _word.Checked == 0)
        {
            _cluster.Violations.Add("run", "nothing was ever checked");
        }
    }

    private void FollowServers(SimHistory servers)
    {
        servers.Acked += _handOvers.Acknowledged;
        servers.BecameWritable += server =>
        {
            var node = Node(server);
            _oneWriter.Look();
            _promotions.TookEffect(node);
            _word.BecameWritable(node);
            _handOvers.BecameWritable(node);
            if (_promotedAt.Remove(node, out var issued) && (_cluster.World.Time.Now - issued).TotalSeconds > _cluster.Times.Ttl)
            {
                Count("promotion outlived the ttl");
            }
        };
        servers.PromoteIssued += (server, by) =>
        {
            if (by == Agent)
            {
                _promotedAt[Node(server)] = _cluster.World.Time.Now;
                _promotions.Issued(Node(server));
                _word.Promoted(Node(server));
            }
        };
        servers.TooLate += server => _cluster.Violations.Add("not-after", $"{server.Name} is made writable after the last moment for it");
        servers.RewindBegun += (target, _) => _destructive.Touched(Node(target), "rewound");
        servers.Discarded += (server, _) =>
        {
            if (server.Directory is { IsMarked: false, HasServed: true })
            {
                _destructive.Touched(Node(server), "removed");
            }
        };
        servers.StopRequested += (server, mode, by) =>
        {
            if (server.IsWritable)
            {
                NeedlessStops.Stopped(Node(server), $"{mode} by the {by}");
            }
        };
    }

    private SimNode Node(SimServer server) =>
        _cluster.Find(server.Name) ?? throw new InvalidOperationException($"{server.Name} belongs to no node");

    private void OnKeyChanged(KeyChange change)
    {
        if (change.Path != SimCluster.Prefix + "leader")
        {
            return;
        }

        var before = change.Before?.Value.ToStringUtf8() ?? "";
        if (change.After?.Value.ToStringUtf8() is not { Length: > 0 } holder)
        {
            _endedByExpiry = change.Cause.Kind == ChangeCause.LeaseExpiry;
            _races.Lost(_cluster.Find(before));
            if (change.Cause.Kind == ChangeCause.Client && _cluster.Find(before) is { } released)
            {
                _handOvers.Released(released);
            }

            return;
        }

        if (before == holder)
        {
            return;
        }

        _oneWriter.Granted(holder);
        if (_cluster.Find(holder) is { } node && change.Cause.Kind == ChangeCause.Client)
        {
            _handOvers.Granted(node, Optime());
            _races.Granted(node);
        }

        if (holder != _lastLeader)
        {
            Count("leader changes");
            if (_endedByExpiry)
            {
                Count("leader changes by expiry");
            }
        }

        _lastLeader = holder;
    }

    private void OnTurned(SimNode node, string rule)
    {
        _circles.Turned(node);
        if (rule is not Races.Race)
        {
            return;
        }

        var now = _cluster.World.Time.Now;
        _raced.RemoveAll(race => now - race.At > TimeSpan.FromMilliseconds(50));
        if (_raced.Exists(race => race.Node != node.Name))
        {
            Count("two candidates raced within 50 ms");
        }

        _raced.Add((node.Name, now));
    }

    private void OnEvent(string node, int id, Func<string> sentence)
    {
        _circles.Happened(node, id);
        if (id == DidNotSettle)
        {
            _cluster.Violations.Add("rules", $"{node}: {sentence()}");
        }
    }

    private long? Optime()
    {
        if (_cluster.Etcd.Find(SimCluster.Prefix + "status") is not { } stored)
        {
            return null;
        }

        using var status = JsonDocument.Parse(stored.Value);
        return status.RootElement.TryGetProperty("optime", out var optime) ? optime.GetInt64() : null;
    }
}
