namespace HaAgent.Tests.Given;

/// <summary>Waits for a condition with a deadline, and says what for.</summary>
internal static class Wait
{
    public static async Task ForAsync(string what, Func<Task<bool>> holds, int seconds = 20)
    {
        var clock = TimeProvider.System;
        var began = clock.GetTimestamp();
        while (!await holds())
        {
            Assert.True(clock.GetElapsedTime(began) < TimeSpan.FromSeconds(seconds), $"waited {seconds} s for {what}");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    public static Task ForAsync(string what, Func<bool> holds, int seconds = 20) =>
        ForAsync(what, () => Task.FromResult(holds()), seconds);
}
