using System.Globalization;

namespace HaAgent.Core.Snapshot;

/// <summary>The three times that go together: lease length, pause between looks, patience with the store. Whole seconds.</summary>
public sealed record Timing(TimeSpan Ttl, TimeSpan LoopWait, TimeSpan RetryTimeout)
{
    /// <summary>As an operator writes them: <c>ttl=30, loop_wait=10, retry_timeout=10</c>.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"ttl={Ttl.TotalSeconds:0}, loop_wait={LoopWait.TotalSeconds:0}, retry_timeout={RetryTimeout.TotalSeconds:0}");
}
