using System.Diagnostics;

namespace HaAgent.Dcs.Tests;

/// <summary>Waits for conditions, never for time.</summary>
internal static class Wait
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <returns>How long it took.</returns>
    public static async Task<TimeSpan> UntilAsync(Func<bool> condition, string what)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(watch.Elapsed < Patience, $"waited {watch.Elapsed.TotalSeconds:F1} s in vain for {what}");
            await Task.Delay(5);
        }

        return watch.Elapsed;
    }

    public static async Task<TimeSpan> UntilAsync(Func<Task<bool>> condition, string what)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(watch.Elapsed < Patience, $"waited {watch.Elapsed.TotalSeconds:F1} s in vain for {what}");
            await Task.Delay(5);
        }

        return watch.Elapsed;
    }
}
