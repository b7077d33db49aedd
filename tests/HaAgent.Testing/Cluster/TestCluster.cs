using System.Globalization;
using System.Text.Json.Nodes;
using HaAgent.Testing.Etcd;
using HaAgent.Testing.Processes;
using Npgsql;

namespace HaAgent.Testing.Cluster;

/// <summary>A whole cluster on the loopback: etcd, agents with their PostgreSQL, HAProxy if wanted. Real programs, own ports, own folder.</summary>
public sealed class TestCluster : IAsyncDisposable
{
    private static readonly string[] Names = ["a", "b", "c", "d", "e"];

    private readonly TempFolder _folder;
    private readonly ClusterOptions _options;
    private readonly List<AgentProcess> _nodes = [];

    private TestCluster(ClusterOptions options, TempFolder folder) => (_options, _folder) = (options, folder);

    public IReadOnlyList<AgentProcess> Nodes => _nodes;

    public EtcdServers Store { get; private set; } = null!; // set by every way to start one

    public HaProxyProcess? HaProxy { get; private set; }

    /// <summary>Null when the cluster was started without.</summary>
    public WriterWitness? Witness { get; private set; }

    public string Folder => _folder.Path;

    public string Scope => _options.Scope;

    public CtlRunner Ctl => new(_nodes[0].ConfigurationFile);

    public AgentProcess this[string name] => _nodes.Single(n => n.Name == name);

    /// <summary>etcd and the nodes' files; no agent runs yet.</summary>
    public static async Task<TestCluster> PrepareAsync(ClusterOptions options)
    {
        var cluster = new TestCluster(options, TempFolder.Create("c", options.WithSpace));
        try
        {
            cluster.Store = options.Store ?? await EtcdServers.StartAsync(
                new() { Members = options.EtcdMembers, Folder = cluster.Folder, FirstPort = options.Prefer.Etcd }).ConfigureAwait(false);
            foreach (var name in Names.Take(options.Nodes))
            {
                cluster._nodes.Add(cluster.CreateNode(name));
            }

            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>All agents started at once on empty directories; returns when one leads and the others stream.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was signalled; nothing runs any more.</exception>
    public static async Task<TestCluster> StartAsync(ClusterOptions options, CancellationToken stop = default)
    {
        var cluster = await PrepareAsync(options).ConfigureAwait(false);
        try
        {
            await cluster.StartAgentsAsync(stop).ConfigureAwait(false);
            return cluster;
        }
        catch (TimeoutException e)
        {
            var report = cluster.Report();
            await cluster.DisposeAsync().ConfigureAwait(false);
            throw new TimeoutException($"{e.Message}\n{report}", e);
        }
        catch
        {
            await cluster.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Starts every agent that does not run yet, and whatever else the options name.</summary>
    public async Task StartAgentsAsync(CancellationToken stop = default)
    {
        foreach (var node in _nodes.Where(n => !n.IsRunning))
        {
            node.Start();
        }

        if (_options.HaProxy)
        {
            HaProxy = HaProxyProcess.Start(Path.Combine(Folder, "haproxy"), _nodes, _options.Prefer.HaProxy ?? new HaProxyPorts());
        }

        var leader = await WaitForLeaderAsync(TimeSpan.FromSeconds(60), stop: stop).ConfigureAwait(false);
        await WaitForReplicasAsync(_nodes.Count - 1, TimeSpan.FromSeconds(60), stop).ConfigureAwait(false);
        await leader.QueryAsync($"CREATE TABLE {WriterClient.Table} (id bigint PRIMARY KEY)").ConfigureAwait(false);
        if (_options.Witness)
        {
            await leader.QueryAsync(WriterWitness.CreateTable).ConfigureAwait(false);
            Witness = WriterWitness.Start(_nodes);
        }

        await WaitUntilCaughtUpAsync(leader, _nodes.Where(n => n != leader), TimeSpan.FromSeconds(20)).ConfigureAwait(false);
    }

    /// <summary>The node that says it leads <em>and</em> accepts writes; null while there is none.</summary>
    public async Task<AgentProcess?> LeaderAsync()
    {
        foreach (var node in _nodes.Where(n => n.IsRunning))
        {
            if (await node.Rest.CheckAsync("/primary").ConfigureAwait(false) == 200 && await node.IsWritableAsync().ConfigureAwait(false))
            {
                return node;
            }
        }

        return null;
    }

    /// <summary>Waits for a leader that accepts writes.</summary>
    /// <param name="otherThan">... and is not this one.</param>
    public Task<AgentProcess> WaitForLeaderAsync(
        TimeSpan within, AgentProcess? otherThan = null, CancellationToken stop = default) => Eventually.YieldsAsync(
        otherThan is null ? "some node leads and accepts writes" : $"a node other than {otherThan.Name} leads and accepts writes",
        within,
        async () => await LeaderAsync().ConfigureAwait(false) is { } leader && leader != otherThan ? leader : null,
        stop);

    public Task WaitForLeaderAsync(AgentProcess expected, TimeSpan within) => Eventually.HoldsAsync(
        $"{expected.Name} leads and accepts writes", within, async () => await LeaderAsync().ConfigureAwait(false) == expected);

    /// <summary>Waits until so many replicas stream from the leader, and say so in their REST answers.</summary>
    public Task WaitForReplicasAsync(int count, TimeSpan within, CancellationToken stop = default) => Eventually.HoldsAsync(
        $"{count} replicas stream from the leader",
        within,
        async () => (await StreamingAsync().ConfigureAwait(false)).Count >= count,
        stop);

    public Task WaitUntilStreamingAsync(AgentProcess node, TimeSpan within) => Eventually.HoldsAsync(
        $"{node.Name} streams from the leader",
        within,
        async () => (await StreamingAsync().ConfigureAwait(false)).Contains(node.Name));

    /// <summary>Waits until these nodes have replayed what the leader has written until now.</summary>
    public static async Task WaitUntilCaughtUpAsync(AgentProcess leader, IEnumerable<AgentProcess> replicas, TimeSpan within)
    {
        var position = await leader.QueryAsync("SELECT pg_current_wal_flush_lsn()").ConfigureAwait(false);
        foreach (var replica in replicas)
        {
            await Eventually.HoldsAsync(
                $"{replica.Name} has replayed {position}",
                within,
                async () => await replica.QueryAsync($"SELECT pg_last_wal_replay_lsn() >= '{position}'").ConfigureAwait(false) == "t")
                .ConfigureAwait(false);
        }
    }

    /// <summary>Names of the nodes that stream from the leader according to the leader's server, and call themselves healthy replicas.</summary>
    public async Task<IReadOnlySet<string>> StreamingAsync()
    {
        var streaming = new HashSet<string>();
        if (await LeaderAsync().ConfigureAwait(false) is not { } leader)
        {
            return streaming;
        }

        var names = await leader.QueryAsync(
            "SELECT string_agg(application_name, ',') FROM pg_stat_replication WHERE state = 'streaming'").ConfigureAwait(false);
        foreach (var node in _nodes.Where(n => (names ?? "").Split(',').Contains(n.Name)))
        {
            if (await node.Rest.CheckAsync("/replica").ConfigureAwait(false) == 200)
            {
                streaming.Add(node.Name);
            }
        }

        return streaming;
    }

    /// <summary>From now on a commit is acknowledged only when one replica, any of them, has it on disk as well.</summary>
    /// <remarks>PostgreSQL's own quorum commit, set as an operator would: by the dynamic configuration.</remarks>
    public async Task RequireOneReplicaAsync()
    {
        const string Wanted = "ANY 1 (*)";
        var leader = await WaitForLeaderAsync(TimeSpan.FromSeconds(30)).ConfigureAwait(false);
        var answer = await leader.Rest.PatchConfigAsync(new JsonObject
        {
            ["postgresql"] = new JsonObject { ["parameters"] = new JsonObject { ["synchronous_standby_names"] = Wanted } },
        }).ConfigureAwait(false);
        if (answer.Code != 200)
        {
            throw new InvalidOperationException($"PATCH /config answered {answer.Code}: {answer.Body}");
        }

        foreach (var node in _nodes)
        {
            await Eventually.HoldsAsync(
                $"{node.Name} has synchronous_standby_names = {Wanted}",
                TimeSpan.FromSeconds(30),
                async () => await node.QueryAsync("SHOW synchronous_standby_names").ConfigureAwait(false) == Wanted)
                .ConfigureAwait(false);
        }
    }

    /// <summary>All nodes on which a client could write at this moment. More than one is a disaster.</summary>
    public async Task<IReadOnlyList<string>> WritableAsync()
    {
        var answers = await Task.WhenAll(_nodes.Select(async n => (n.Name, Writable: await n.IsWritableAsync().ConfigureAwait(false))))
            .ConfigureAwait(false);
        return [.. answers.Where(a => a.Writable).Select(a => a.Name)];
    }

    /// <summary>A client that writes to whichever node lets it.</summary>
    public WriterClient StartWriter(TimeSpan pace) => WriterClient.Start([.. _nodes.Select(n => n.ConnectionString)], pace);

    /// <summary>A client that writes through HAProxy's write port.</summary>
    public WriterClient StartWriterThroughHaProxy(TimeSpan pace) =>
        WriterClient.Start([ThroughHaProxy(HaProxy!.WritePort)], pace);

    public string ThroughHaProxy(int port) => AgentProcess.Npgsql(_nodes[0].Configuration, port);

    /// <summary>The value below the cluster's path in the store, such as <c>leader</c> or <c>members/a</c>.</summary>
    public Task<StoredValue?> ReadStoreAsync(string key) => Store.ReadAsync($"/service/{Scope}/{key}");

    /// <summary>Waits until every running agent has looked at the store again and decided, so many times. The store must answer.</summary>
    /// <remarks>An agent tells in whole seconds when it looked last: looks within one second count once.</remarks>
    public Task WaitForCyclesAsync(int count, TimeSpan within) => Task.WhenAll(_nodes.Where(n => n.IsRunning).Select(node =>
    {
        var looks = new HashSet<long>();
        return Eventually.HoldsAsync(
            $"{node.Name} has looked at the store {count} times",
            within,
            async () =>
            {
                looks.Add((long?)(await node.Rest.StatusAsync().ConfigureAwait(false))?["dcs_last_seen"] ?? looks.FirstOrDefault());
                return looks.Count > count; // the first one was before
            });
    }));

    /// <summary>The leader key, which somebody must hold.</summary>
    public async Task<StoredValue> LeaderKeyAsync() =>
        await ReadStoreAsync("leader").ConfigureAwait(false) ?? throw new InvalidOperationException("Nobody leads.");

    /// <summary>Stops the witness and tells what it saw of a second writer; empty when it watched and all was well.</summary>
    public async Task<IReadOnlyList<string>> SecondWriterAsync()
    {
        var witness = Witness ?? throw new InvalidOperationException("This cluster was started without a witness.");
        await witness.StopAsync().ConfigureAwait(false);
        return witness.Writes.Count > 0 ? witness.Violations() : ["The witness never wrote anywhere: it proves nothing."];
    }

    /// <summary>The last lines of every agent's log, for the message of a failed test.</summary>
    public string Report(int lines = 25) => string.Join('\n', _nodes.Select(n =>
        string.Create(CultureInfo.InvariantCulture, $"--- {n.Name} ({n.Condition})\n{n.LastLog(lines)}")));

    public async ValueTask DisposeAsync()
    {
        if (Witness is not null)
        {
            await Witness.DisposeAsync().ConfigureAwait(false);
        }

        if (HaProxy is not null)
        {
            await HaProxy.DisposeAsync().ConfigureAwait(false);
        }

        // The agents before their store: nobody should spend his last second on an election.
        foreach (var node in _nodes)
        {
            await node.DisposeAsync().ConfigureAwait(false);
            Ports.Release(node.Configuration.RestPort);
            Ports.Release(node.Configuration.PostgresPort);
        }

        if (Store is not null && Store != _options.Store)
        {
            await Store.DisposeAsync().ConfigureAwait(false);
        }

        _folder.Dispose();
    }

    private AgentProcess CreateNode(string name)
    {
        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        var offset = _nodes.Count;
        var folder = _folder.Subfolder(name);
        var configuration = new AgentConfiguration
        {
            Scope = _options.Scope,
            Name = name,
            RestPort = Ports.Lease(_options.Prefer.Rest + offset),
            PostgresPort = Ports.Lease(_options.Prefer.Postgres + offset),
            EtcdHosts = Store.Endpoints,
            DataDirectory = Path.Combine(folder, "data"),
            RunFolder = ServiceUser.CreateFolder(Path.Combine(folder, "run"), Owner),
            TtlSeconds = _options.TtlSeconds,
            LoopWaitSeconds = _options.LoopWaitSeconds,
            RetryTimeoutSeconds = _options.RetryTimeoutSeconds,
            MoreDcs = _options.MoreDcs,
            MoreLocal = _options.MoreLocal,
        };
        return new AgentProcess(
            _options.Password is { } password ? configuration with { SuperuserPassword = password } : configuration,
            folder,
            _options.CanBeHeld);
    }
}
