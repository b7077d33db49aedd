namespace HaAgent.Dcs.Etcd;

/// <summary>Ends what hangs on a token without waiting inside somebody else's callback.</summary>
internal static class Cancelling
{
    /// <summary>
    /// On the thread pool where there is no pump. On a pump where the caller stands: everything of a pump stays on its thread.
    /// </summary>
    public static Task CancelOnPumpOrPoolAsync(this CancellationTokenSource source)
    {
        if (SynchronizationContext.Current is null)
        {
            return source.CancelAsync();
        }

        source.Cancel();
        return Task.CompletedTask;
    }
}
