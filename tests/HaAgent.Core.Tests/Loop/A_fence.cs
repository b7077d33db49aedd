using HaAgent.Core.Effects;
using HaAgent.Core.Loop;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using Microsoft.Extensions.Logging.Abstractions;

namespace HaAgent.Core.Tests.Loop;

/// <summary>The ladder's own part; what it does to real servers is tested end to end.</summary>
public class A_fence
{
    [Fact]
    public void That_left_no_time_for_an_orderly_stop_disarms_the_guard_as_soon_as_the_server_is_gone()
    {
        var guard = new ArmedGuard();
        using var pump = new LoopContext();

        pump.Run(() => new FenceLadder(new RunningPrimary(TimeProvider.System), guard, TimeProvider.System, NullLogger.Instance)
            .RunAsync(deadline: Instant.Now(TimeProvider.System), CancellationToken.None));

        Assert.Equal([true], guard.DisarmedOnlyIfNothingRuns);
    }

    private sealed class ArmedGuard : ILeaseGuard
    {
        public List<bool> DisarmedOnlyIfNothingRuns { get; } = [];

        public event Action? Changed
        {
            add { }
            remove { }
        }

        public Instant? Predecessor => null;

        public GuardReading Latest => GuardReading.Watching;

        public bool TryArm(Instant deadline, Instant leaseEnd, long leaseId) => true;

        public bool TryDisarm(bool onlyIfNothingRuns)
        {
            DisarmedOnlyIfNothingRuns.Add(onlyIfNothingRuns);
            return true;
        }

        public void Reset()
        {
        }
    }
}
