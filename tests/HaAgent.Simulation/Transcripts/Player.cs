using System.Globalization;
using System.Text.RegularExpressions;
using HaAgent.Simulation.Cluster;
using HaAgent.Simulation.Kernel;
using HaAgent.Simulation.Postgres;
using HaAgent.Simulation.Running;

namespace HaAgent.Simulation.Transcripts;

/// <summary>Plays a transcript against a simulated cluster.</summary>
internal sealed partial class Player
{
    /// <summary>Founding and first copies.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(120);

    private readonly Transcript _transcript;
    private readonly Dictionary<string, SimNode> _names = new(StringComparer.Ordinal);
    private readonly HashSet<(string Node, string Rule)> _decided = [];
    private readonly Dictionary<SimServer, Ack> _lastAck = [];
    private ClusterPlan _plan = new();
    private SimWorld? _world;
    private SimCluster? _cluster;
    private Watch? _watch;

    public Player(Transcript transcript, ulong seed)
    {
        _transcript = transcript;
        Seed = seed;
    }

    public ulong Seed { get; }

    /// <summary>Set before <see cref="Play"/>: receives the journal's lines.</summary>
    public Action<string>? Listener { get; set; }

    private SimWorld World => _world ?? throw new TranscriptException("a transcript begins with: given N servers");

    private SimCluster Cluster => _cluster ?? throw new TranscriptException("a transcript begins with: given N servers");

    private Watch Watch => _watch ?? throw new TranscriptException("a transcript begins with: given N servers");

    /// <exception cref="TranscriptException">A step did not come out as written, or a checker found a violation.</exception>
    public void Play()
    {
        foreach (var (line, text) in _transcript.Steps)
        {
            _world?.Journal.Write("STEP", text);
            try
            {
                Do(text);
            }
            catch (TranscriptException e)
            {
                throw new TranscriptException($"line {line}: {text}\n    {e.Message}");
            }
        }
    }

    private void Do(string text)
    {
        if (text.StartsWith("given ", StringComparison.Ordinal))
        {
            Given(text[6..]);
        }
        else if (text.StartsWith("let ", StringComparison.Ordinal))
        {
            Let(text[4..]);
        }
        else if (text.StartsWith("when ", StringComparison.Ordinal))
        {
            When(text[5..]);
            RunFor(TimeSpan.Zero);
        }
        else
        {
            Then(text[5..]);
        }
    }

    private void Given(string text)
    {
        var words = text.Split(", ");
        var isFounded = true;
        _plan = new ClusterPlan { Servers = int.Parse(words[0].Split(' ')[0], CultureInfo.InvariantCulture) };
        foreach (var word in words.Skip(1))
        {
            isFounded &= word != "empty";
            _plan = word.Split(' ') switch
            {
                ["ttl", var value] => _plan with { Ttl = Number(value) },
                ["loop_wait", var value] => _plan with { LoopWait = Number(value) },
                ["retry_timeout", var value] => _plan with { RetryTimeout = Number(value) },
                ["primary_start_timeout", var value] => _plan with { PrimaryStartTimeout = Number(value) },
                ["no", "pg_rewind"] => _plan with { UsePgRewind = false },
                ["nothing", "removed"] => _plan with { MayDiscard = false },
                ["check_timeline"] => _plan with { CheckTimeline = true },
                ["etcd", "beside", "them"] => _plan with { EtcdApart = false },
                ["empty"] => _plan, // nothing has run there yet
                ["one", "etcd"] => _plan with { EtcdMembers = 1 },
                _ => throw new TranscriptException($"not known: {word}"),
            };
        }

        _world = new(Seed);
        World.Journal.Listener = Listener;
        World.Journal.Write("STEP", $"given {text}");
        _cluster = new(World, _plan);
        _watch = new(Cluster);
        Cluster.Turned += (node, status) => _decided.Add((node.Name, status.RuleId));
        Cluster.Servers.Acked += ack => _lastAck[ack.Server] = ack;
        Watch.NeedlessStops.LastFaultAt = TimeSpan.MaxValue / 2; // what is needless, a transcript says itself
        Watch.Start();
        Cluster.Start();
        if (isFounded)
        {
            Await("a cluster in which all is well", Settling, () => Watch.Convergence.WhatIsMissing());
            RunFor(TimeSpan.FromSeconds(_plan.LoopWait));
        }
    }

    /// <summary><c>A be the leader, B and C the replicas</c>.</summary>
    private void Let(string text)
    {
        var match = Names().Match(text);
        if (!match.Success)
        {
            throw new TranscriptException("write: let A be the leader, B and C the replicas");
        }

        _names[match.Groups[1].Value] = Cluster.LeaderNode ?? throw new TranscriptException("nobody leads");
        var replicas = Cluster.Nodes.Where(node => node != Cluster.LeaderNode).ToArray();
        foreach (var (name, node) in match.Groups[2].Value.Split([", ", " and "], StringSplitOptions.RemoveEmptyEntries).Zip(replicas))
        {
            _names[name] = node;
        }
    }

    private SimNode Node(string name) =>
        _names.GetValueOrDefault(name) ?? throw new TranscriptException($"nobody is called {name}");

    private void RunFor(TimeSpan span)
    {
        var until = World.Time.Now + span;
        while (World.Time.RunNext(until))
        {
            Fail();
        }

        Fail();
    }

    private void Fail()
    {
        if (Cluster.Violations.Found.Count > 0)
        {
            throw new TranscriptException($"VIOLATION {Cluster.Violations.Found[0]}");
        }
    }

    /// <param name="whatIsMissing">Null: it is so.</param>
    private void Await(string what, TimeSpan within, Func<string?> whatIsMissing)
    {
        var until = World.Time.Now + within;
        var missing = whatIsMissing();
        while (missing is not null)
        {
            if (World.Time.Now >= until)
            {
                throw new TranscriptException($"not so after {within.TotalSeconds:0} s: {what}. {missing}");
            }

            RunFor(TimeSpan.FromMilliseconds(50));
            missing = whatIsMissing();
        }
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static TimeSpan Seconds(string text) => TimeSpan.FromSeconds(double.Parse(text, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"^(\w+) be the leader(?:, (.+) the replicas?)?$")]
    private static partial Regex Names();
}
