using HaAgent.Core.Duties;
using HaAgent.Core.Loop;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Core.Tests.Loop;
using Microsoft.Extensions.Logging.Abstractions;

namespace HaAgent.Core.Tests.Duties;

/// <summary>What keeps a replica's member key alive, and with it its part in an election.</summary>
public class A_session
{
    private static readonly NodeIdentity Identity = new(new("b"), "demo", "postgres://b:5432/postgres", "http://b:8008/patroni", null);
    private static readonly TimeSpan LoopWait = ((NodeView)Given.Replica()).Settings.LoopWait;

    [Theory]
    [InlineData(1.0, false, true)]
    [InlineData(0.999, false, false)]
    [InlineData(0.999, true, true)] // a tick that comes a few milliseconds sooner after the last keeping, whose turn came late
    [InlineData(0.5, true, true)]
    [InlineData(0.1, true, false)]
    public void Is_kept_with_each_tick(double cyclesSince, bool isTick, bool isDue)
    {
        NodeView view = Given.Replica().Remember(m => m with { SessionKeptAt = Given.Now - (LoopWait * cyclesSince) });
        Assert.Equal(isDue, Upkeep.Due(view with { IsTick = isTick }, Identity).Any(duty => duty is Duty.KeepSession));
    }

    /// <summary>What is written under a lease does not prolong it.</summary>
    [Fact]
    public void Is_not_kept_by_the_record_that_hangs_on_it()
    {
        using var time = new VirtualTime();
        var wake = new WakeUp();
        var state = new LoopState(Identity, wake);
        var runner = new UpkeepRunner(
            new StoreThatConfirmsNothing(isSilent: false), new RunningPrimary(time), new NoPeers(), state, new Background(wake), time, NullLogger.Instance);
        time.Run(TimeSpan.FromSeconds(1), () => runner.Start(Given.Replica(), [new Duty.WriteMember("{}")]));
        Assert.Equal("{}", state.Memory.MemberWritten);
        Assert.Null(state.Memory.SessionKeptAt);
        time.Run(TimeSpan.FromSeconds(1), () => runner.Start(Given.Replica(), [new Duty.KeepSession()]));
        Assert.NotNull(state.Memory.SessionKeptAt);
    }

    [Fact]
    public void Of_a_leader_is_kept_by_its_renewals() =>
        Assert.DoesNotContain(Upkeep.Due(Given.Primary(), Identity), duty => duty is Duty.KeepSession);
}
