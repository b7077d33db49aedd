using HaAgent.Testing;
using HaAgent.Testing.Cluster;
using HaAgent.Testing.Processes;

namespace HaAgent.EndToEnd.Tests;

/// <summary>What systemd is promised by <c>Type=notify-reload</c> and <c>WatchdogSec=</c>.</summary>
public sealed class The_service_manager : ClusterTest
{
    private static readonly ClusterOptions Options = new()
    {
        Nodes = 1,
        Witness = false,
        TtlSeconds = 20,
        LoopWaitSeconds = 1,
        RetryTimeoutSeconds = 3,
    };

    /// <summary>As in the unit.</summary>
    private static readonly TimeSpan WatchdogSec = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task Is_told_that_the_agent_is_ready_when_it_has_looked_and_decided_once()
    {
        await PrepareAsync(Options);
        await using var manager = Listen();
        Node.Start(manager.Environment(WatchdogSec));
        var ready = await manager.NextAsync("that it is ready", 0, Soon, n => n.Is("READY"));

        // What it is and what it decided: there is no such sentence before the first turn has come to its end.
        Assert.Contains(": ", ready["STATUS"], StringComparison.Ordinal);
        Assert.StartsWith("uninitialized, ", ready["STATUS"], StringComparison.Ordinal);
        Assert.True(manager.Taken[0].Is("WATCHDOG"), manager.Taken[0].ToString());
        Assert.Equal(503, await Node.Rest.CheckAsync("/primary"));

        await manager.NextAsync(
            "its role", ready.Order, Patience,
            n => n["STATUS"] == $"primary, running: no action. I am ({Node.Name}), the leader with the lock");
        Assert.Single(manager.Taken, n => n.Is("READY"));
        await AssertWritableAsync(Node.Name);
        Assert.Equal([], VariablesOfPostgres("NOTIFY_SOCKET", "WATCHDOG_USEC"));
    }

    [Fact]
    public async Task Is_told_the_role_in_words_on_every_node()
    {
        await PrepareAsync(Options with { Nodes = 2 });
        await using var first = Listen();
        await using var second = Listen();
        Cluster.Nodes[0].Start(first.Environment(WatchdogSec));
        await Cluster.WaitForLeaderAsync(Cluster.Nodes[0], Patience);
        Cluster.Nodes[1].Start(second.Environment(WatchdogSec));
        await second.NextAsync(
            "that it follows", 0, Patience,
            n => n["STATUS"] == "replica, running: no action. I am (b), a secondary, and following a leader (a)");

        var mark = second.Count;
        Assert.Equal(0, await Cluster.Nodes[0].StopAsync(Patience));
        await second.NextAsync(
            "that it leads", mark, Patience,
            n => n["STATUS"] == "primary, running: no action. I am (b), the leader with the lock");
        await AssertWritableAsync("b");
    }

    [Fact]
    public async Task Does_not_wait_for_etcd()
    {
        await PrepareAsync(Options);
        await Cluster.Store.KillAllAsync();
        await using var manager = Listen();
        Node.Start(manager.Environment(WatchdogSec));
        var ready = await manager.NextAsync("that it is ready without a store", 0, Soon, n => n.Is("READY"));
        Assert.StartsWith("waiting on etcd (", ready["STATUS"], StringComparison.Ordinal);
        await AssertSignsOfLifeAsync(manager, 2);

        // A reload is answered in this state too.
        await AssertReloadAsync(manager);

        Cluster.Store.StartAll();
        await manager.NextAsync(
            "that it leads", ready.Order, Patience, n => n["STATUS"]?.Contains("the leader with the lock", StringComparison.Ordinal) == true);
        Assert.Equal(2, manager.Taken.Count(n => n.Is("READY")));
        await AssertWritableAsync(Node.Name);
    }

    [Fact]
    public async Task Hears_that_an_agent_is_alive_and_ready_whatever_becomes_of_etcd()
    {
        await PrepareAsync(Options);
        await using var manager = Listen();
        Node.Start(manager.Environment(WatchdogSec));
        await Cluster.WaitForLeaderAsync(Patience);

        await Cluster.Store.KillAllAsync();
        await AssertSignsOfLifeAsync(manager, 5);
        await AssertWritableAsync(Node.Name);

        // An agent that comes back above a running server, without a store.
        await Node.KillAgentAsync();
        var mark = manager.Count;
        Node.Start(manager.Environment(WatchdogSec));
        await manager.NextAsync("that it is ready again", mark, Soon, n => n.Is("READY"));
        await AssertSignsOfLifeAsync(manager, 5);

        // The lease has run out: this node writes no more, and is as alive as before.
        await Eventually.HoldsAsync("the node is not writable any more", Patience, async () => !await Node.IsWritableAsync());
        await AssertSignsOfLifeAsync(manager, 5);
        Assert.True(Node.IsRunning);
    }

    [Fact]
    public async Task Is_told_of_a_reload_and_of_its_end()
    {
        await PrepareAsync(Options);
        await using var manager = Listen();
        Node.Start(manager.Environment(WatchdogSec));
        await Cluster.WaitForLeaderAsync(Patience);

        var first = await AssertReloadAsync(manager);
        Assert.Equal($"primary, running: no action. I am ({Node.Name}), the leader with the lock", first["STATUS"]);

        // A mistake in the file ends the reload as well: the manager must not wait for what will not come.
        await File.AppendAllTextAsync(Node.ConfigurationFile, "postgresql: [\n", TestContext.Current.CancellationToken);
        await AssertReloadAsync(manager);
        await AssertWritableAsync(Node.Name);
    }

    [Fact]
    public async Task Is_told_of_the_end_before_it_comes()
    {
        await PrepareAsync(Options);
        await using var manager = Listen();
        Node.Start(manager.Environment(WatchdogSec));
        await Cluster.WaitForLeaderAsync(Patience);
        var mark = manager.Count;

        Assert.Equal(0, await Node.StopAsync(Patience));

        var told = manager.Taken.Skip(mark).ToList();
        var stopping = Assert.Single(told, n => n.Is("STOPPING"));
        Assert.Equal("shutting down after SIGTERM", stopping["STATUS"]);
        Assert.DoesNotContain(told, n => n.Order > stopping.Order && (n.Is("READY") || n["STATUS"] is not null));
        Assert.Empty(Node.PostgresProcesses());
    }

    [Fact]
    public async Task Is_named_in_the_log_when_it_would_end_a_healthy_agent()
    {
        await PrepareAsync(Options with { LoopWaitSeconds = 10, RetryTimeoutSeconds = 5 });
        await using var manager = Listen();
        Node.Start(manager.Environment(TimeSpan.FromSeconds(15)));
        await Cluster.WaitForLeaderAsync(Patience);
        Assert.Contains(
            "The service manager ends this agent when 15 s pass without a completed turn, but with loop_wait = 10 s turns may "
                + "be that far apart: set WatchdogSec= of the unit to 20 s or more",
            await File.ReadAllTextAsync(Node.LogFile, TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
    }

    private AgentProcess Node => Cluster.Nodes[0];

    private NotifySocket Listen() => new(Path.Combine(Cluster.Folder, $"notify-{Guid.NewGuid():N}"[..12]));

    private static async Task AssertSignsOfLifeAsync(NotifySocket manager, int count)
    {
        var mark = manager.Count;
        await Eventually.HoldsAsync(
            $"{count} more turns are told", Patience, () => manager.Taken.Skip(mark).Count(n => n.Is("WATCHDOG")) >= count);
    }

    /// <returns>The word that the reload has ended.</returns>
    private async Task<Notification> AssertReloadAsync(NotifySocket manager)
    {
        var (mark, before) = (manager.Count, NotifySocket.Now);
        Assert.True(Node.Agent.Send(Signal.Hangup));
        var ended = await manager.NextAsync("that the reload has ended", mark, Soon, n => n.Is("READY"));
        var began = Assert.Single(manager.Taken.Skip(mark), n => n.Is("RELOADING"));
        Assert.True(began.Order < ended.Order, $"{began} came after {ended}");
        var dated = long.Parse(began["MONOTONIC_USEC"] ?? "", System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(dated, before, began.MonotonicMicroseconds);
        return ended;
    }

    /// <summary>Those of these variables that the server has inherited.</summary>
    private IEnumerable<string> VariablesOfPostgres(params string[] names)
    {
        var postmaster = Node.PostmasterPid() ?? throw new InvalidOperationException("No server runs.");
        var variables = File.ReadAllText($"/proc/{postmaster}/environ").Split('\0');
        Assert.Contains(variables, variable => variable.StartsWith("PATH=", StringComparison.Ordinal));
        return names.Where(name => variables.Any(variable => variable.StartsWith(name + "=", StringComparison.Ordinal)));
    }
}
