using System.Collections.Concurrent;

namespace HaAgent.Core.Loop;

/// <summary>The pump: everything of the loop runs on the one thread that calls <see cref="Run"/>, in the order it was posted.</summary>
/// <remarks>The simulator runs the same pump step by step, by <see cref="RunOne"/>, under virtual time.</remarks>
public class LoopContext : SynchronizationContext, IDisposable
{
    private readonly ConcurrentQueue<(SendOrPostCallback Callback, object? State)> _queue = new();
    private readonly SemaphoreSlim _posted = new(0);
    private volatile bool _isOver;

    /// <summary>What comes after the end, from work that nobody waited for, is dropped: there is no loop to go on in.</summary>
    public override void Post(SendOrPostCallback d, object? state)
    {
        if (_isOver)
        {
            return;
        }

        _queue.Enqueue((d, state));
        _posted.Release();
    }

    public override void Send(SendOrPostCallback d, object? state) =>
        throw new NotSupportedException("the pump takes no blocking calls: they would deadlock it");

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Runs <paramref name="main"/> and whatever it awaits on this thread until it has ended.</summary>
    /// <remarks>An exception of <paramref name="main"/> is rethrown here.</remarks>
    public void Run(Func<Task> main)
    {
        ArgumentNullException.ThrowIfNull(main);
        var before = Current;
        SetSynchronizationContext(this);
        try
        {
            var task = main();
            task.ContinueWith(_ => Post(static _ => { }, null), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            while (!task.IsCompleted)
            {
                _posted.Wait();
                RunOne();
            }

            RunPending();
            task.GetAwaiter().GetResult();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    /// <summary>Runs what is posted now and what that posts, until nothing is left.</summary>
    public void RunPending()
    {
        while (RunOne())
        {
        }
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Runs the oldest of what is posted, up to its next wait.</summary>
    /// <returns>False when nothing was posted.</returns>
    public bool RunOne()
    {
        if (!_queue.TryDequeue(out var work))
        {
            return false;
        }

        work.Callback(work.State);
        return true;
    }

    protected virtual void Dispose(bool disposing)
    {
        // The semaphore itself holds nothing to give back, and may still be released by whoever posts at this moment.
        _isOver |= disposing;
    }
}
