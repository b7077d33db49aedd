using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Tests.Loop;

public class A_firing_of_the_guard
{
    private const int GuardFired = 2013;
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void Is_told_as_an_error_once_each_time()
    {
        using var node = new VirtualNode("""{"ttl": 30, "loop_wait": 10, "retry_timeout": 10}""").Started();
        Assert.Empty(node.Log.Of(GuardFired));
        node.Guard.Latest = GuardReading.Watching with { Fired = true };
        node.Time.Run(Minute);
        Assert.StartsWith("Error", Assert.Single(node.Log.Of(GuardFired)), StringComparison.Ordinal);

        node.Guard.Latest = GuardReading.Watching;
        node.Time.Run(Minute);
        node.Guard.Latest = GuardReading.Watching with { Fired = true };
        node.Time.Run(Minute);
        Assert.Equal(2, node.Log.Of(GuardFired).Count);
    }
}
