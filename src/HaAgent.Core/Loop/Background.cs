namespace HaAgent.Core.Loop;

/// <summary>Work that the loop began and does not await. Nothing of it is lost: a fault comes back at the loop's next turn.</summary>
internal sealed class Background(WakeUp wake)
{
    private readonly List<Task> _running = [];

    public void Run(Task task)
    {
        if (!task.IsCompletedSuccessfully)
        {
            _running.Add(task);
            task.ContinueWith(
                static (_, state) => ((WakeUp)state!).Set(), wake, // the state given in the next argument
                CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    /// <summary>Rethrows the first fault; what was cancelled has ended as it was asked to.</summary>
    public void ThrowIfFaulted()
    {
        for (var i = _running.Count - 1; i >= 0; i--)
        {
            var task = _running[i];
            if (task.IsCompleted)
            {
                _running.RemoveAt(i);
                if (task.IsFaulted)
                {
                    task.GetAwaiter().GetResult();
                }
            }
        }
    }
}
