namespace HaAgent.Guard;

/// <summary>While the word says FIRED: ends whatever runs in the data directory, again and again, and says what came of it.</summary>
internal sealed class Firing(DeadlineWord word, ServerProcesses server, GuardJournal journal)
{
    /// <summary>How often it looks for a server. Nanoseconds.</summary>
    private const long RoundEvery = 100_000_000;

    /// <summary>How often while somebody is left who has his SIGKILL: a disk hangs, and nothing can be done but wait.</summary>
    private const long HungRoundEvery = 1_000_000_000;

    private long _deadline;
    private long _next;

    // Of the server that is being ended.
    private long? _late;
    private long _began;
    private bool _killed;
    private bool _toldThatSomeAreLeft;

    /// <summary>Some of its processes are still there.</summary>
    public bool IsUnderWay { get; private set; }

    private static long Now => LinuxClock.Nanoseconds(LinuxClock.Boottime);

    /// <summary>The word was just swapped.</summary>
    public void Begin(long deadline, long now) => (_deadline, _next, _late) = (deadline, 0, now - deadline);

    /// <summary>One round, if it is time for one.</summary>
    /// <returns>When it is time for the next.</returns>
    public long Continue(long now)
    {
        if (now < _next)
        {
            return _next;
        }

        if (!server.IsEmpty())
        {
            End(now);
        }
        else
        {
            Gone();
        }

        _next = Now + (IsUnderWay ? HungRoundEvery : RoundEvery);
        return _next;
    }

    /// <summary>Nothing is left, as this guard saw, or as the agent did that has reset the word.</summary>
    public void Gone()
    {
        if (IsUnderWay)
        {
            journal.Ended(word.DataDirectory(), _killed, _late, took: Now - _began);
        }

        (IsUnderWay, _killed, _toldThatSomeAreLeft, _late) = (false, false, false, null);
    }

    private void End(long now)
    {
        if (!IsUnderWay)
        {
            (IsUnderWay, _began) = (true, now);
        }

        // Later than the lease's end (the whole machine stood still): nothing is left that an orderly end could use. Nor can
        // who has his SIGKILL already.
        var isPastEnd = _deadline != 0 && now - _deadline >= word.Margin;
        _killed |= server.End(orderly: _killed || isPastEnd ? 0 : word.Margin / GuardTimes.OrderlyShare);
        if (server.IsEmpty() || word.State != WordState.Fired)
        {
            Gone();
        }
        else if (!_toldThatSomeAreLeft)
        {
            _toldThatSomeAreLeft = true;
            journal.Left(word.DataDirectory(), server.Scan().Length, _late, took: Now - _began);
        }
    }
}
