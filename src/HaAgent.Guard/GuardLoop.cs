namespace HaAgent.Guard;

/// <summary>Watches one deadline word and ends the server when the deadline passes.</summary>
/// <remarks>
/// It knows nothing but the word and the processes: no store, no network, no disk, no message from anybody. The word
/// says FIRED before the first signal, so that an agent that wakes at this moment cannot go on as if nothing were; and
/// as long as it says so, whatever runs in the data directory is ended: <see cref="Firing"/>.
/// </remarks>
internal sealed class GuardLoop(DeadlineWord word, ServerProcesses server, BoottimeTimer timer, GuardJournal journal)
{
    /// <summary>How often it shows that it looks, and looks whether its agent is there. Nanoseconds.</summary>
    private const long LookEvery = 250_000_000;

    /// <summary>Looks in a row that find no agent: one may fall between the end of one and the word of the next.</summary>
    private const int LooksAlone = 4;

    private readonly Firing _firing = new(word, server, journal);
    private int _alone;
    private int _postmaster;
    private long _postmasterStart;

    private bool AgentIsThere => word.Agent is var (pid, start) && pid != 0 && Proc.StartTicks(pid) == start;

    private static long Now => LinuxClock.Nanoseconds(LinuxClock.Boottime);

    /// <summary>Returns when there is nothing left to guard: its agent is gone, or another guard has taken over.</summary>
    public void Run()
    {
        while (Look() is { } next)
        {
            timer.SleepUntil(next);
        }
    }

    /// <summary>Everything that a firing does, without an effect: nothing is to be loaded or compiled when it counts.</summary>
    /// <exception cref="IOException">Something that a firing needs is refused.</exception>
    public void Rehearse()
    {
        using (var nobody = new ServerProcesses([[0]], static () => false))
        {
            nobody.Rehearse();
        }

        _ = server.IsEmpty();
        FindPostmaster();
        _ = word.TryFire(deadline: -2); // no deadline is
        _ = AgentIsGone();
        journal.Rehearse();
        timer.SleepUntil(1);
    }

    /// <returns>When to look again; null: never.</returns>
    private long? Look()
    {
        if (word.GuardPid != Environment.ProcessId)
        {
            return null;
        }

        var now = Now;
        word.GuardLookedAt = now;
        if (word.State != WordState.Fired)
        {
            _firing.Gone(); // the agent saw it
        }

        switch (word.State)
        {
            case WordState.Armed when word.Deadline is { } deadline:
                if (now >= deadline)
                {
                    return Fire(deadline, now);
                }

                FindPostmaster();
                return Math.Min(deadline, now + LookEvery);

            case WordState.Fired:
                var next = Math.Min(_firing.Continue(now), now + LookEvery);
                return AgentIsGone() && TryLeave() ? null : next;

            default:
                return AgentIsGone() ? null : now + LookEvery;
        }
    }

    private long Fire(long deadline, long now)
    {
        if (!word.TryFire(deadline))
        {
            return now;
        }

        _firing.Begin(deadline, now);
        return Math.Min(_firing.Continue(now), now + LookEvery);
    }

    /// <summary>After a firing whose agent is gone: false as long as there is something to end.</summary>
    /// <remarks>
    /// What is started here next, perhaps by hand and in a month, is not to be ended for this firing by the guard of an agent that
    /// comes later still: so the word is reset. An agent that is there does that itself, for it has a key to give up first: it is
    /// asked for once more. One that attaches only now finds nothing running, and resets the word at its start just so. What another
    /// guard has fired on is another's.
    /// </remarks>
    private bool TryLeave()
    {
        if (!server.IsEmpty() || AgentIsThere || word.GuardPid != Environment.ProcessId)
        {
            return false;
        }

        word.Reset();
        return true;
    }

    /// <summary>While all is well: where its server works is remembered, should the directory be moved.</summary>
    private void FindPostmaster()
    {
        if (_postmaster != 0 && Proc.StartTicks(_postmaster) == _postmasterStart)
        {
            return;
        }

        _postmaster = server.Postmaster();
        _postmasterStart = _postmaster == 0 ? 0 : Proc.StartTicks(_postmaster);
        if (_postmaster != 0 && server.Identify(_postmaster))
        {
            word.Identify(server.Identity.Device, server.Identity.Inode);
        }
    }

    private bool AgentIsGone()
    {
        _alone = AgentIsThere ? 0 : _alone + 1;
        return _alone >= LooksAlone;
    }
}
