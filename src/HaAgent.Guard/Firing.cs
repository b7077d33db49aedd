namespace HaAgent.Guard;

/// <summary>While the word says FIRED: ends whatever runs in the data directory, again and again.</summary>
internal sealed class Firing(DeadlineWord word, ServerProcesses server, GuardJournal journal)
{
    /// <summary>How often it looks for a server. Nanoseconds.</summary>
    private const long RoundEvery = 100_000_000;

    /// <summary>How often while somebody is left who has his SIGKILL: a disk hangs, and nothing can be done but wait.</summary>
    private const long HungRoundEvery = 1_000_000_000;

    private long _deadline;
    private long _next;
    private bool _isLeft;

    private static long Now => LinuxClock.Nanoseconds(LinuxClock.Boottime);

    /// <summary>The word was just swapped.</summary>
    public void Begin(long deadline) => (_deadline, _next, _isLeft) = (deadline, 0, false);

    /// <summary>One round, if it is time for one.</summary>
    /// <returns>When it is time for the next.</returns>
    public long Continue(long now)
    {
        if (now < _next)
        {
            return _next;
        }

        var wasLeft = _isLeft;
        _isLeft = !server.IsEmpty();
        if (_isLeft)
        {
            // Later than the lease's end (the whole machine stood still): nothing is left that an orderly end could use. Nor
            // can who has his SIGKILL already.
            var isPastEnd = _deadline != 0 && now - _deadline >= word.Margin;
            var killed = server.End(orderly: wasLeft || isPastEnd ? 0 : word.Margin / GuardTimes.OrderlyShare);
            journal.Fired(word.DataDirectory(), killed, late: _deadline == 0 ? 0 : now - _deadline, took: Now - now);
            _isLeft = !server.IsEmpty();
        }

        _next = Now + (_isLeft ? HungRoundEvery : RoundEvery);
        return _next;
    }
}
