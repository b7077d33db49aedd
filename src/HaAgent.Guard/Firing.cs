namespace HaAgent.Guard;

/// <summary>While the word says FIRED: ends whatever runs in the data directory, again and again.</summary>
internal sealed class Firing(DeadlineWord word, ServerProcesses server, GuardJournal journal)
{
    /// <summary>How often it looks for a server. Nanoseconds.</summary>
    private const long RoundEvery = 100_000_000;

    private long _deadline;

    private static long Now => LinuxClock.Nanoseconds(LinuxClock.Boottime);

    /// <summary>The word was just swapped.</summary>
    public void Begin(long deadline) => _deadline = deadline;

    /// <returns>When to call it again.</returns>
    public long Continue(long now)
    {
        if (!server.IsEmpty())
        {
            // Later than the lease's end (the whole machine stood still): nothing is left that an orderly end could use.
            var isPastEnd = _deadline != 0 && now - _deadline >= word.Margin;
            var killed = server.End(orderly: isPastEnd ? 0 : word.Margin / GuardTimes.OrderlyShare);
            journal.Fired(word.DataDirectory(), killed, late: _deadline == 0 ? 0 : now - _deadline, took: Now - now);
        }

        return Now + RoundEvery;
    }
}
