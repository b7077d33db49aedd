using HaAgent.Core.Contracts;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Testing;
using HaAgent.Tests.Given;

namespace HaAgent.Tests.Rest;

/// <summary>The matrix of situations and endpoints that load balancers route by.</summary>
public class Health_checks
{
    private static readonly string[] Columns =
        ["/primary", "/leader", "/standby-leader", "/replica", "/read-only", "/sync", "/async", "/quorum",
         "/read-only-sync", "/read-only-quorum", "/health", "/readiness"];

    // Columns: P L SL R RO S AS Q ROS ROQ H Rd; + is 200, . is 503.
    private static readonly (string Situation, string Codes, Func<TimeProvider, NodeStatus> Node, string Query)[] Matrix =
    [
        ("primary, running, holds lock", "++..+...++++", Nodes.Primary, ""),
        ("primary holding lock, crashed", "++..+...++.+",
            c => Nodes.Primary(c).Unanswered() with { State = PostgresState.Crashed }, ""),
        ("primary holding lock, starting", "++..+...++.+",
            c => Nodes.Primary(c).Unanswered() with { State = PostgresState.Starting }, ""),
        ("primary holding lock, hangs", "++..+...++.+", c => Nodes.Primary(c).Unanswered(), ""),
        ("bootstrapping", "............",
            c => Nodes.Replica(c).Unanswered() with
            {
                State = PostgresState.InitializingNewCluster, Role = PostgresRole.Uninitialized, Cluster = Nodes.Cluster(NodeName.Nobody),
            }, ""),
        ("primary running, lock not held", "..........+.", c => Nodes.Primary(c) with { LeaderUntil = Instant.Zero }, ""),
        ("promoting, holds the lock", "++.++.+.++++",
            c => Nodes.Replica(c) with { LeaderUntil = Instant.Never, Role = PostgresRole.Promoted, Cluster = Nodes.Cluster(Nodes.Self) }, ""),
        ("replica, streaming, asynchronous", "...++.+...++", Nodes.Replica, ""),
        ("replica, synchronous", "...+++..+.++", c => Nodes.Replica(c).InSync("on"), ""),
        ("replica, quorum member", "...++..+.+++", c => Nodes.Replica(c).InSync("quorum"), ""),
        ("replica in archive recovery", "...++.+...+.",
            c => Nodes.Replica(c).WithSql(s => s with { ReplicationState = "in archive recovery" }), ""),
        ("replica in archive recovery, streaming asked for", "..........+.",
            c => Nodes.Replica(c).WithSql(s => s with { ReplicationState = "in archive recovery" }), "?replication_state=streaming"),
        ("replica beyond lag", "..........+.",
            c => Nodes.Replica(c).WithSql(s => s with { Replayed = new(0x1000000) }), "?lag=1MB"),
        ("replica within lag", "...++.+...++", Nodes.Replica, "?lag=1MB"),
        ("replica with noloadbalance", "..........++",
            c => Nodes.Replica(c).WithSettings(s => s with { Tags = new() { NoLoadBalance = true, Json = "{\"noloadbalance\":true}" } }), ""),
        ("replica with nofailover", "...++.+...++",
            c => Nodes.Replica(c).WithSettings(s => s with { Tags = new() { NoFailover = true, Json = "{\"nofailover\":true}" } }), ""),
        ("replica, tag matches", "...++.+...++", c => Nodes.Replica(c).InDatacenter("\"dc1\""), "?tag_dc=dc1"),
        ("replica, tag does not match", "...........+", c => Nodes.Replica(c).InDatacenter("\"dc1\""), "?tag_dc=dc2"),
        ("replica, boolean tag", "...++.+...++", c => Nodes.Replica(c).InDatacenter("true"), "?tag_dc=true"),
        ("replica, tag missing", "...........+", Nodes.Replica, "?tag_dc=dc1"),
        ("primary, tag does not match", "++.........+", c => Nodes.Primary(c).InDatacenter("\"dc1\""), "?tag_dc=dc2"),
        ("replica creating", "............",
            c => Nodes.Replica(c).Unanswered() with { State = PostgresState.CreatingReplica, Role = PostgresRole.Uninitialized }, ""),
        ("replica starting", "............", c => Nodes.Replica(c).Unanswered() with { State = PostgresState.Starting }, ""),
        ("replica stopped", "............", c => Nodes.Replica(c).Unanswered() with { State = PostgresState.Stopped }, ""),
        ("replica crashed", "............", c => Nodes.Replica(c).Unanswered() with { State = PostgresState.Crashed }, ""),
        ("replica hangs", "............", c => Nodes.Replica(c).Unanswered(), ""),
        ("standby leader", ".++.+...++++",
            c => Nodes.Replica(c).WithConfig("{\"standby_cluster\":{\"host\":\"a\"}}") with
            {
                Role = PostgresRole.StandbyLeader, LeaderUntil = Instant.Never,
            }, ""),
        ("paused, primary", "++..+...++++",
            c => Nodes.Primary(c).WithSettings(s => s with { Pause = true }) with { LeaderUntil = Instant.Never }, ""),
        ("paused, view lost, primary", "++..+.....+.",
            c => Nodes.Primary(c).WithSettings(s => s with { Pause = true }) with { Cluster = null, LeaderUntil = Instant.Zero }, ""),
        ("paused, view lost, replica", "...++.....++",
            c => Nodes.Replica(c).WithSettings(s => s with { Pause = true }) with { Cluster = null }, ""),
        ("view lost, replica streaming", "...++.....++", c => Nodes.Replica(c) with { Cluster = null }, ""),
        ("view lost, replica not streaming", "...++.....+.",
            c => Nodes.Replica(c).WithSql(s => s with { ReplicationState = null, LatestEnd = Lsn.Unknown }) with { Cluster = null }, ""),
        ("former primary, running read-only", "...++.....+.",
            c => Nodes.Replica(c).WithSql(s => s with { ReplicationState = null, LatestEnd = Lsn.Unknown })
                with { Cluster = null, Role = PostgresRole.Demoted }, ""),
        ("lock just released, stopping", "............",
            c => Nodes.Primary(c).Unanswered() with { LeaderUntil = Instant.Zero, State = PostgresState.Stopping }, ""),
        ("primary whose status is out of date", "............", c => Nodes.Primary(c) with { ValidUntil = Instant.Zero }, ""),
        ("replica whose status is out of date", "............", c => Nodes.Replica(c) with { ValidUntil = Instant.Zero }, ""),
    ];

    [Fact]
    public async Task Answer_every_situation_as_load_balancers_expect()
    {
        await using var api = await RunningApi.StartAsync();
        var wrong = new List<string>();
        foreach (var (situation, codes, node, query) in Matrix)
        {
            api.Board.Publish(node(RunningApi.Clock));
            for (var i = 0; i < Columns.Length; i++)
            {
                var expected = codes[i] == '+' ? 200 : 503;
                var target = Columns[i] + query;
                var got = await api.AskAsync("GET", target);
                if (got.Code != expected)
                {
                    wrong.Add($"{situation}: GET {target} is {got.Code}, not {expected}");
                }

                if (Columns[i] != "/readiness" && (await api.AskAsync("OPTIONS", target)).Code != expected)
                {
                    wrong.Add($"{situation}: OPTIONS {target} is not {expected}");
                }
            }
        }

        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("/", "/primary")]
    [InlineData("/master", "/primary")]
    [InlineData("/read-write", "/primary")]
    [InlineData("/standby_leader", "/standby-leader")]
    [InlineData("/synchronous", "/sync")]
    [InlineData("/asynchronous", "/async")]
    [InlineData("/read-only-synchronous", "/read-only-sync")]
    public async Task Know_the_other_spellings(string alias, string endpoint)
    {
        foreach (var node in (Func<TimeProvider, NodeStatus>[])[Nodes.Primary, Nodes.Replica, c => Nodes.Replica(c).InSync("on")])
        {
            await using var api = await RunningApi.StartAsync(node(RunningApi.Clock));
            Assert.Equal((await api.AskAsync("GET", endpoint)).Code, (await api.AskAsync("GET", alias)).Code);
        }
    }

    [Fact]
    public async Task Stop_saying_primary_by_the_clock_alone_when_authority_ends() // S2
    {
        var soon = Instant.Now(RunningApi.Clock) + TimeSpan.FromMilliseconds(300);
        await using var api = await RunningApi.StartAsync(Nodes.Primary(RunningApi.Clock) with { LeaderUntil = soon });
        Assert.Equal(200, (await api.AskAsync("OPTIONS", "/primary")).Code);
        await Eventually.HoldsAsync("/primary to turn 503", TimeSpan.FromSeconds(20), async () => (await api.AskAsync("OPTIONS", "/primary")).Code == 503, TestContext.Current.CancellationToken);
        Assert.True(Instant.Now(RunningApi.Clock) >= soon);
        Assert.Equal(503, (await api.AskAsync("OPTIONS", "/leader")).Code);
    }

    [Fact]
    public async Task Are_503_with_a_document_before_the_first_turn_of_the_loop()
    {
        await using var api = await RunningApi.StartAsync();
        var answer = await api.AskAsync("GET", "/health");
        Assert.Equal(503, answer.Code);
        Assert.Contains("\"patroni\": {\"version\": \"4.1.4\", \"scope\": \"demo\", \"name\": \"n1\"}", answer.Body, StringComparison.Ordinal);
        Assert.Equal(200, (await api.AskAsync("GET", "/liveness")).Code);
        Assert.Equal(503, (await api.AskAsync("GET", "/readiness")).Code);
    }

    [Theory]
    [InlineData(false, true, -29, 200)]
    [InlineData(false, true, -31, 503)]
    [InlineData(false, false, -59, 200)]
    [InlineData(false, false, -61, 503)]
    [InlineData(true, true, -600, 200)]
    public async Task Tell_liveness_by_the_plan_of_the_loop(bool paused, bool primary, int nextRunInSeconds, int expected)
    {
        var node = primary ? Nodes.Primary(RunningApi.Clock) : Nodes.Replica(RunningApi.Clock);
        node = node.WithSettings(s => s with { Pause = paused }) with
        {
            NextRun = Instant.Now(RunningApi.Clock) + TimeSpan.FromSeconds(nextRunInSeconds),
        };
        await using var api = await RunningApi.StartAsync(node);
        var answer = await api.AskAsync("GET", "/liveness");
        Assert.Equal((expected, 0, ""), (answer.Code, answer.Headers.Count, answer.Body));
    }

    [Theory]
    [InlineData("/readiness", 503)]
    [InlineData("/readiness?mode=write", 200)]
    [InlineData("/readiness?lag=100MB", 200)]
    [InlineData("/readiness?mode=apply&lag=1kB", 503)]
    [InlineData("/readiness?lag=nonsense", 503)]
    public async Task Tell_readiness_by_what_was_replayed_or_written(string target, int expected)
    {
        var node = Nodes.Replica(RunningApi.Clock).WithSql(s => s with { Replayed = new(0x1000000) });
        await using var api = await RunningApi.StartAsync(node);
        Assert.Equal(expected, (await api.AskAsync("GET", target)).Code);
    }
}

internal static class Situations
{
    public static NodeStatus InSync(this NodeStatus node, string mode) => node
        .WithConfig($"{{\"synchronous_mode\":\"{mode}\"}}")
        .WithCluster(c => c with { Sync = new(Nodes.Other, 1, ["N1"], new(3)) });

    public static NodeStatus InDatacenter(this NodeStatus node, string json) =>
        node.WithSettings(s => s with { Tags = new() { Json = $"{{\"dc\":{json}}}" } });
}
