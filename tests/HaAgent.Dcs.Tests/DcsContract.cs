using HaAgent.Core.Loop;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Dcs.Tests;

/// <summary>What every store must do, whatever it is made of. Each store's tests derive from this.</summary>
public abstract class DcsContract
{
    private const string Member = """{"conn_url":"postgres://10.0.0.1:5432/postgres","state":"running"}""";

    private readonly List<IDcs> _agents = [];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>By which the store and its agents live.</summary>
    protected virtual TimeProvider Clock => TimeProvider.System;

    private Instant Soon => Instant.Now(Clock) + TimeSpan.FromSeconds(10);

    [Fact]
    public Task Shows_an_empty_cluster_before_anybody_wrote() => TestAsync(async () =>
    {
        var a = Agent("a");
        var reading = Assert.IsType<DcsReading.Answered>(await a.ReadAsync(Soon, Stop));
        Assert.True(reading.Cluster.IsUnlocked);
        Assert.Null(reading.Cluster.Initialize);
        Assert.Null(reading.Cluster.Config);
        Assert.Null(reading.Cluster.History);
        Assert.Null(reading.Cluster.Failsafe);
        Assert.Empty(reading.Cluster.Members);
    });

    [Fact]
    public Task Gives_the_leader_key_to_one_of_many_who_race_for_it() => TestAsync(async () =>
    {
        var agents = Enumerable.Range(0, 5).Select(i => Agent($"n{i}")).ToArray();
        var answers = await Task.WhenAll(agents.Select(agent => agent.AcquireAsync(Soon, Stop)));
        Assert.Equal(1, answers.Count(answer => answer.Outcome == LeaseOutcome.Held));
        Assert.Equal(4, answers.Count(answer => answer.Outcome == LeaseOutcome.NotHeld));
    });

    [Fact]
    public Task Counts_a_lease_from_before_the_request_that_took_it() => TestAsync(async () =>
    {
        var a = Agent("a");
        var before = Instant.Now(Clock);
        var held = await a.AcquireAsync(Soon, Stop);
        Assert.Equal(LeaseOutcome.Held, held.Outcome);
        Assert.True(held.SentAt >= before);
        Assert.True(held.SentAt <= Instant.Now(Clock));
        Assert.InRange(held.GuaranteedFor, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
        Assert.NotEqual(0, held.LeaseId);
    });

    [Fact]
    public Task Prolongs_a_lease_that_is_held() => TestAsync(async () =>
    {
        var a = Agent("a");
        var held = await a.AcquireAsync(Soon, Stop);
        var renewed = await a.RenewAsync(mayCreate: false, Soon, Stop);
        Assert.Equal(LeaseOutcome.Held, renewed.Outcome);
        Assert.True(renewed.SentAt > held.SentAt);
        Assert.Equal(held.LeaseId, renewed.LeaseId);
    });

    [Fact]
    public Task Does_not_prolong_what_another_holds() => TestAsync(async () =>
    {
        var (a, b) = (Agent("a"), Agent("b"));
        await a.AcquireAsync(Soon, Stop);
        Assert.Equal(LeaseOutcome.NotHeld, (await b.RenewAsync(mayCreate: true, Soon, Stop)).Outcome);
        Assert.Equal(LeaseOutcome.Held, (await a.RenewAsync(mayCreate: false, Soon, Stop)).Outcome);
    });

    [Fact]
    public Task Creates_a_missing_leader_key_in_a_renewal_only_when_that_is_allowed() => TestAsync(async () =>
    {
        var a = Agent("a");
        Assert.Equal(LeaseOutcome.NotHeld, (await a.RenewAsync(mayCreate: false, Soon, Stop)).Outcome);
        Assert.Equal(LeaseOutcome.Held, (await a.RenewAsync(mayCreate: true, Soon, Stop)).Outcome);
        Assert.Equal(new NodeName("a"), (await FreshAsync(a)).LeaderName);
    });

    [Fact]
    public Task Lets_the_next_one_lead_after_a_release() => TestAsync(async () =>
    {
        var (a, b) = (Agent("a"), Agent("b"));
        await a.AcquireAsync(Soon, Stop);
        Assert.Equal(WriteOutcome.Written, await a.ReleaseAsync(Soon, Stop));
        Assert.Equal(LeaseOutcome.Held, (await b.AcquireAsync(Soon, Stop)).Outcome);
        Assert.Equal(WriteOutcome.Refused, await a.ReleaseAsync(Soon, Stop));
        Assert.Equal(new NodeName("b"), (await FreshAsync(a)).LeaderName);
    });

    [Fact]
    public Task Takes_the_leader_key_after_founding_whatever_is_there() => TestAsync(async () =>
    {
        var (a, b) = (Agent("a"), Agent("b"));
        await b.AcquireAsync(Soon, Stop);
        Assert.Equal(LeaseOutcome.Held, (await a.TakeAsync(Soon, Stop)).Outcome);
        Assert.Equal(LeaseOutcome.NotHeld, (await b.RenewAsync(mayCreate: false, Soon, Stop)).Outcome);
    });

    [Fact]
    public Task Moves_the_leader_key_of_an_agent_that_was_restarted() => TestAsync(async () =>
    {
        var before = Agent("a");
        var old = await before.AcquireAsync(Soon, Stop);
        var after = Agent("a");
        var moved = await after.RenewAsync(mayCreate: false, Soon, Stop);
        Assert.Equal(LeaseOutcome.Held, moved.Outcome);
        Assert.NotEqual(old.LeaseId, moved.LeaseId);
        Assert.Equal(moved.LeaseId, (await FreshAsync(after)).Leader!.LeaseId);
    });

    [Fact]
    public Task Shows_members_under_their_leases() => TestAsync(async () =>
    {
        var (a, b) = (Agent("a"), Agent("b"));
        Assert.Equal(WriteOutcome.Written, await a.WriteMemberAsync(Member, Soon, Stop));
        Assert.Equal(WriteOutcome.Written, await b.WriteMemberAsync(Member, Soon, Stop));
        var members = (await FreshAsync(a)).Members;
        Assert.Equal(["a", "b"], members.Select(member => member.Name.Value));
        Assert.All(members, member => Assert.NotEqual(0, member.LeaseId));
        Assert.All(members, member => Assert.Equal("running", member.State));
    });

    [Fact]
    public Task Does_not_write_a_member_again_that_has_not_changed() => TestAsync(async () =>
    {
        var a = Agent("a");
        await a.ReadAsync(Soon, Stop);
        await a.WriteMemberAsync(Member, Soon, Stop);
        var first = (await FreshAsync(a)).Members[0].KeyVersion;
        Assert.Equal(WriteOutcome.Written, await a.WriteMemberAsync(Member, Soon, Stop));
        Assert.Equal(first, (await FreshAsync(a)).Members[0].KeyVersion);
    });

    [Fact]
    public Task Creates_a_key_only_once() => TestAsync(async () =>
    {
        var (a, b) = (Agent("a"), Agent("b"));
        Assert.Equal(WriteOutcome.Written, await a.CreateAsync(DcsRecord.Initialize, "", Soon, Stop));
        Assert.Equal(WriteOutcome.Refused, await b.CreateAsync(DcsRecord.Initialize, "", Soon, Stop));
        Assert.Equal("", (await FreshAsync(b)).Initialize);
    });

    [Fact]
    public Task Writes_over_the_version_that_is_expected_and_no_other() => TestAsync(async () =>
    {
        var a = Agent("a");
        Assert.Equal(WriteOutcome.Written, await WriteAsync(a, DcsRecord.Config, """{"ttl":30}""", DcsVersion.Absent));
        var version = (await FreshAsync(a)).Config!.Version;
        Assert.Equal(WriteOutcome.Written, await WriteAsync(a, DcsRecord.Config, """{"ttl":20}""", version));
        Assert.Equal(WriteOutcome.Refused, await WriteAsync(a, DcsRecord.Config, """{"ttl":25}""", version));
        Assert.Equal(WriteOutcome.Refused, await WriteAsync(a, DcsRecord.Config, """{"ttl":25}""", DcsVersion.Absent));
        Assert.Equal("""{"ttl":20}""", (await FreshAsync(a)).Config!.Json);
    });

    [Fact]
    public Task Deletes_the_version_that_is_expected_and_no_other() => TestAsync(async () =>
    {
        var a = Agent("a");
        await WriteAsync(a, DcsRecord.Sync, """{"leader":"a","quorum":0,"sync_standby":null}""");
        var version = (await FreshAsync(a)).Sync.Version;
        Assert.Equal(WriteOutcome.Refused, await a.DeleteAsync(DcsRecord.Sync, new(version.Value + 1), Soon, Stop));
        Assert.Equal(WriteOutcome.Written, await a.DeleteAsync(DcsRecord.Sync, version, Soon, Stop));
        Assert.False((await FreshAsync(a)).Sync.IsActive);
    });

    [Theory]
    [InlineData(DcsRecord.Failover, """{"leader":"a","member":"b"}""", DcsChange.Failover)]
    [InlineData(DcsRecord.Config, """{"ttl":30}""", DcsChange.Config)]
    [InlineData(DcsRecord.Status, """{"optime":67108960}""", DcsChange.Status)]
    public Task Tells_others_at_once_what_somebody_wrote(DcsRecord record, string value, DcsChange expected) => TestAsync(async () =>
    {
        var (a, b) = (Agent("a"), Agent("b"));
        await b.ReadAsync(Soon, Stop);
        var told = Told(b, expected);
        await WriteAsync(a, record, value);
        await told.WaitAsync(TimeSpan.FromSeconds(10), Clock, Stop);
    });

    [Fact]
    public Task Tells_others_at_once_who_leads_and_who_does_not_any_more() => TestAsync(async () =>
    {
        var (a, b) = (Agent("a"), Agent("b"));
        await b.ReadAsync(Soon, Stop);
        var led = Told(b, DcsChange.Leader);
        await a.AcquireAsync(Soon, Stop);
        await led.WaitAsync(TimeSpan.FromSeconds(10), Clock, Stop);
        Assert.Equal(new NodeName("a"), Latest(b).LeaderName);
        var left = Told(b, DcsChange.Leader);
        await a.ReleaseAsync(Soon, Stop);
        await left.WaitAsync(TimeSpan.FromSeconds(10), Clock, Stop);
        Assert.True(Latest(b).IsUnlocked);
    });

    [Fact]
    public Task Shows_an_own_write_without_waiting_for_its_echo() => TestAsync(async () =>
    {
        var a = Agent("a");
        await a.ReadAsync(Soon, Stop);
        for (var i = 1; i <= 100; i++)
        {
            await WriteAsync(a, DcsRecord.Status, $$"""{"optime":{{i}}}""");
            Assert.Equal(new Lsn((ulong)i), Latest(a).Status.Optime);
        }

        var held = await a.AcquireAsync(Soon, Stop);
        Assert.Equal(held.LeaseId, Latest(a).Leader!.LeaseId);
        await a.ReleaseAsync(Soon, Stop);
        Assert.True(Latest(a).IsUnlocked);
    });

    [Fact]
    public Task Does_not_wake_a_member_for_its_own_records() => TestAsync(async () =>
    {
        var (a, b) = (Agent("a"), Agent("b"));
        await a.ReadAsync(Soon, Stop);
        var woken = Told(a, DcsChange.Members | DcsChange.Status);
        for (var i = 0; i < 50; i++)
        {
            await a.WriteMemberAsync($$"""{"state":"running","xlog_location":{{i}}}""", Soon, Stop);
            await WriteAsync(a, DcsRecord.Status, $$"""{"optime":{{i}}}""");
        }

        // The other's request comes after all echoes of those writes.
        var request = Told(a, DcsChange.Failover);
        await WriteAsync(b, DcsRecord.Failover, """{"member":"b"}""");
        await request.WaitAsync(TimeSpan.FromSeconds(10), Clock, Stop);
        Assert.False(woken.IsCompleted);
    });

    /// <summary>An agent of that name on the store; closed by the contract.</summary>
    protected abstract IDcs Start(string name);

    /// <summary>Runs a test where and when its agents live.</summary>
    protected virtual Task RunAsync(Func<Task> test) => test();

    private Task TestAsync(Func<Task> test) => RunAsync(async () =>
    {
        try
        {
            await test();
        }
        finally
        {
            foreach (var agent in _agents)
            {
                await agent.DisposeAsync();
            }
        }
    });

    private Task<WriteOutcome> WriteAsync(IDcs dcs, DcsRecord record, string value, DcsVersion? expected = null) =>
        dcs.WriteAsync(record, value, expected, Soon, Stop);

    private async Task<ClusterState> FreshAsync(IDcs dcs) =>
        Assert.IsType<DcsReading.Answered>(await dcs.ReadFreshAsync(Soon, Stop)).Cluster;

    private static ClusterState Latest(IDcs dcs) => Assert.IsType<DcsReading.Answered>(dcs.Latest).Cluster;

    private static Task Told(IDcs dcs, DcsChange wanted)
    {
        // On a pump everything stays on it; elsewhere nobody's thread runs the test.
        var told = SynchronizationContext.Current is LoopContext
            ? new TaskCompletionSource()
            : new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        dcs.Changed += change =>
        {
            if ((change & wanted) != 0)
            {
                told.TrySetResult();
            }
        };
        return told.Task;
    }

    private IDcs Agent(string name)
    {
        var agent = Start(name);
        _agents.Add(agent);
        return agent;
    }
}
