using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Dcs.Etcd;
using HaAgent.Dcs.Grpc;
using HaAgent.Dcs.Protos;
using HaAgent.Dcs.Records;

namespace HaAgent.Dcs.Tests;

public sealed class A_budget
{
    [Theory]
    [InlineData(10, 1, 3, 3.333)]
    [InlineData(10, 2, 4, 2.5)]
    [InlineData(10, 3, 3, 3.333)]
    [InlineData(10, 5, 5, 2)]
    [InlineData(3, 5, 3, 1)]
    [InlineData(2, 1, 2, 1)]
    [InlineData(0.5, 3, 1, 0.5)]
    public void Is_divided_among_endpoints_in_tries_of_a_second_or_more(double seconds, int endpoints, int attempts, double each)
    {
        var plan = AttemptPlan.For(TimeSpan.FromSeconds(seconds), endpoints);
        Assert.Equal(attempts, plan.Attempts);
        Assert.Equal(each, plan.Each.TotalSeconds, precision: 2);
    }
}

public sealed class A_picture
{
    [Theory]
    [InlineData(30, 10, 10, 5, 15)]
    [InlineData(20, 1, 3, 1, 4)]
    [InlineData(20, 1, 9, 1, 10)]
    [InlineData(5, 1, 1, 1, 3)]
    [InlineData(5, 1, 2, 1, 3)]
    public void Is_shown_for_as_long_as_one_failed_check_and_the_next_may_take(
        int ttl, int loopWait, int retryTimeout, double checkEvery, double freshFor)
    {
        var timing = new EtcdTiming(TimeSpan.FromSeconds(ttl), TimeSpan.FromSeconds(loopWait), TimeSpan.FromSeconds(retryTimeout));
        Assert.Equal((checkEvery, freshFor), (timing.CheckEvery.TotalSeconds, timing.FreshFor.TotalSeconds));

        // With three endpoints: a check that was just due, its whole try in vain, the pause after it, and a round trip.
        var oneFailure = timing.CheckEvery + AttemptPlan.For(timing.RetryTimeout, 3).Each + TimeSpan.FromMilliseconds(200);
        Assert.True(oneFailure < timing.FreshFor && timing.FreshFor <= timing.Ttl, $"{oneFailure}");
    }
}

public sealed class A_status
{
    [Fact]
    public void Proves_a_loss_only_when_the_server_says_that_the_lease_is_not_found()
    {
        foreach (var code in Enum.GetValues<GrpcCode>())
        {
            foreach (var origin in Enum.GetValues<GrpcOrigin>())
            {
                var meaning = EtcdErrors.Meaning(new(code, "etcdserver: requested lease not found", origin));
                Assert.Equal(code == GrpcCode.NotFound && origin == GrpcOrigin.Server, meaning == EtcdMeaning.LeaseNotFound);
                Assert.Equal(code == GrpcCode.Ok, meaning == EtcdMeaning.Ok);
            }
        }
    }
}

public sealed class A_version_of_etcd
{
    [Theory]
    [InlineData("3.3.10", "3.4.31")]
    [InlineData("3.4.23", "3.4.31")]
    [InlineData("3.4.31", null)]
    [InlineData("3.5.12", "3.5.13")]
    [InlineData("3.5.13", null)]
    [InlineData("3.6.0-rc.1", null)]
    [InlineData("unheard of", null)]
    public void That_may_end_a_lease_early_is_named_with_the_one_that_does_not(string version, string? fixedIn)
    {
        var warning = EtcdVersions.Warning(version);
        Assert.Equal(fixedIn is null, warning is null);
        Assert.Contains(fixedIn ?? "", warning ?? "", StringComparison.Ordinal);
    }
}

public sealed class The_guard_of_raft_terms
{
    private readonly ManualClock _clock = new();
    private readonly TermGuard _guard;

    public The_guard_of_raft_terms() => _guard = new(_clock, () => TimeSpan.FromSeconds(30));

    [Fact]
    public void Believes_terms_that_grow_and_none_that_shrink()
    {
        Assert.Null(Judge(cluster: 1, term: 5));
        Assert.Null(Judge(cluster: 1, term: 6));
        Assert.NotNull(Judge(cluster: 1, term: 5));
        Assert.Null(Judge(cluster: 1, term: 6));
    }

    [Fact]
    public void Begins_anew_with_another_cluster()
    {
        var before = _guard.Epoch;
        Judge(cluster: 1, term: 5);
        Assert.Null(Judge(cluster: 2, term: 1));
        Assert.True(_guard.Epoch > before + 1);
    }

    [Fact]
    public void Believes_a_restored_cluster_when_no_lease_of_the_old_one_can_live()
    {
        Judge(cluster: 1, term: 50);
        _clock.Pass(TimeSpan.FromSeconds(29));
        Assert.NotNull(Judge(cluster: 1, term: 2));
        _clock.Pass(TimeSpan.FromSeconds(2));
        Assert.Null(Judge(cluster: 1, term: 2));
    }

    private string? Judge(ulong cluster, ulong term) => _guard.Judge(new ResponseHeader { ClusterId = cluster, RaftTerm = term });

    private sealed class ManualClock : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Pass(TimeSpan time) => _ticks += time.Ticks;
    }
}

public sealed class The_cache
{
    private readonly KeyCache _cache = new(new NodeName("a"));
    private DcsChange _told;

    public The_cache() => _cache.Changed += change => _told |= change;

    [Fact]
    public void Does_not_let_a_late_event_undo_an_own_write()
    {
        _cache.Rebuild([Key("status", "1", 10)], 10, epoch: 1);
        _cache.Learn("status", Key("status", "3", 13), 13);
        _cache.Apply([("status", 12, Key("status", "2", 12))]);
        Assert.Equal("3", _cache.Find("status")!.Value);
    }

    [Fact]
    public void Does_not_let_a_late_event_bring_back_what_we_deleted()
    {
        _cache.Rebuild([Key("leader", "a", 10)], 10, epoch: 1);
        _cache.Learn("leader", null, 12);
        _cache.Apply([("leader", 11, Key("leader", "a", 11))]);
        Assert.True(_cache.State.IsUnlocked);
        _cache.Apply([("leader", 12, null), ("leader", 13, Key("leader", "b", 13))]);
        Assert.Equal(new NodeName("b"), _cache.State.LeaderName);
    }

    [Fact]
    public void Does_not_let_a_range_undo_what_came_after_it()
    {
        _cache.Rebuild([], 10, epoch: 1);
        _cache.Learn("leader", Key("leader", "a", 12), 12);
        Assert.False(_cache.Rebuild([], 11, epoch: 1));
        Assert.Equal(new NodeName("a"), _cache.State.LeaderName);
    }

    [Fact]
    public void Forgets_everything_with_another_cluster()
    {
        _cache.Rebuild([Key("leader", "a", 10)], 10, epoch: 1);
        _cache.Learn("status", Key("status", "1", 20), 20);
        Assert.True(_cache.Rebuild([], 3, epoch: 2));
        Assert.True(_cache.State.IsUnlocked);
        Assert.Null(_cache.State.Status.Raw);
    }

    [Fact]
    public void Tells_of_a_leader_key_created_anew_with_the_same_name()
    {
        _cache.Rebuild([Key("leader", "a", 10)], 10, epoch: 1);
        _told = DcsChange.None;
        _cache.Apply([("leader", 11, null), ("leader", 12, Key("leader", "a", 12))]);
        Assert.Equal(DcsChange.Leader, _told);
    }

    [Fact]
    public void Does_not_tell_of_the_echo_of_an_own_write_whichever_comes_first()
    {
        _cache.Rebuild([], 10, epoch: 1);
        using (_cache.BeginOwn("status", "1"))
        {
            _cache.Apply([("status", 11, Key("status", "1", 11))]);
            _cache.Learn("status", Key("status", "1", 11), 11);
        }

        using (_cache.BeginOwn("status", "2"))
        {
            _cache.Learn("status", Key("status", "2", 12), 12);
            _cache.Apply([("status", 12, Key("status", "2", 12))]);
        }

        Assert.Equal(DcsChange.None, _told);
        _cache.Apply([("status", 13, Key("status", "3", 13))]);
        Assert.Equal(DcsChange.Status, _told);
    }

    private static StoredKey Key(string name, string value, long revision) => new(name, value, revision, revision, Lease: 1);
}
