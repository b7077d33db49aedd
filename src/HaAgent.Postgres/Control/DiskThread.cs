using System.Collections.Concurrent;

namespace HaAgent.Postgres.Control;

/// <summary>One thread that looks at the data directory for those who must not wait for a disk.</summary>
/// <remarks>
/// While a disk hangs this thread hangs, alone: whoever asks gets a <see cref="TimeoutException"/> at the own deadline.
/// </remarks>
internal sealed class DiskThread : IDisposable
{
    private readonly BlockingCollection<Action> _work = new(boundedCapacity: 64);
    private readonly TimeProvider _clock;
    private readonly Thread _thread;

    public DiskThread(TimeProvider clock)
    {
        _clock = clock;
        _thread = new Thread(Run) { IsBackground = true, Name = "postgres-disk" };
        _thread.Start();
    }

    /// <exception cref="TimeoutException">Not done in time; it may still be done later.</exception>
    /// <exception cref="IOException">As <paramref name="look"/> throws.</exception>
    public async Task<T> AskAsync<T>(Func<T> look, TimeSpan timeout)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var queued = _work.TryAdd(() => Answer(look, answer));
        if (!queued)
        {
            throw new TimeoutException("The disk does not answer: too many requests wait for it.");
        }

        return await answer.Task.WaitAsync(timeout, _clock).ConfigureAwait(false);
    }

    /// <summary>Ends the thread when its present work is done; does not wait for a hanging disk.</summary>
    public void Dispose() => _work.CompleteAdding();

    private static void Answer<T>(Func<T> look, TaskCompletionSource<T> answer)
    {
        try
        {
            answer.TrySetResult(look());
        }
        catch (IOException e)
        {
            answer.TrySetException(e);
        }
        catch (UnauthorizedAccessException e)
        {
            answer.TrySetException(e);
        }

        if (answer.Task.IsFaulted)
        {
            _ = answer.Task.Exception; // seen, even if the one who asked has given up
        }
    }

    private void Run()
    {
        foreach (var work in _work.GetConsumingEnumerable())
        {
            work();
        }

        _work.Dispose();
    }
}
