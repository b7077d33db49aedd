using HaAgent.Core.Model;
using HaAgent.Guard;

namespace HaAgent.Guarding;

/// <summary>Sees to it that a guard process watches the deadline word: adopts the one that is there, replaces a dead one.</summary>
/// <remarks>
/// On a thread of its own, because starting a process may take its time. The guard is not ended with the agent: it goes
/// by itself when there is nothing left to guard.
/// </remarks>
internal sealed class GuardKeeper : IDisposable
{
    /// <summary>
    /// So many looks of ours in a row, none late, without a look of the guard's: it is frozen or has lost its way. Counted and not
    /// measured, because after a freeze of both either may run first.
    /// </summary>
    private const int LooksInVain = 20;

    private static readonly TimeSpan LateLook = TimeSpan.FromMilliseconds(500);

    /// <summary>A guard that is to be adopted must have looked since then.</summary>
    private static readonly TimeSpan LookedWithin = TimeSpan.FromSeconds(5);

    /// <summary>How long a new guard may take to its first look, on a machine that is busy.</summary>
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan BetweenStarts = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(250);

    private readonly DeadlineWord _word;
    private readonly GuardStart _start;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;
    private long _missingSince;
    private volatile bool _speaksForTheNode;

    public GuardKeeper(DeadlineWord word, GuardStart start, TimeProvider clock, ILogger log)
    {
        _word = word;
        _start = start;
        _clock = clock;
        _log = log;
        _missingSince = Now.Ticks;
        _thread = new Thread(Keep) { IsBackground = true, Name = "haagent-guard-keeper" };
    }

    /// <summary>Raised on the keeper's thread when the guard came or went.</summary>
    public event Action? Changed;

    /// <summary>Null while a guard watches.</summary>
    public Instant? MissingSince => Volatile.Read(ref _missingSince) is var ticks and not 0 ? new(ticks) : null;

    private Instant Now => Instant.Now(_clock);

    /// <summary>
    /// From now on the word says all that is to be guarded: a lease was confirmed, or nothing here can write. Until then a guard
    /// that was left on another file (the run directory is another since the last start) may know of an earlier end.
    /// </summary>
    public void SpeaksForTheNode() => _speaksForTheNode = true;

    public void Start()
    {
        var self = Environment.ProcessId;
        _word.Agent = (self, GuardProcess.StartTicks(self));
        _thread.Start();
    }

    public void Dispose()
    {
        _stop.Set();
        if (_thread.IsAlive)
        {
            _thread.Join();
        }

        _stop.Dispose();
    }

    private void Keep()
    {
        GuardProcess? hung = null;
        var guard = Adopt();
        while (!_stop.IsSet)
        {
            guard ??= Replace();
            if (guard is null)
            {
                _stop.Wait(BetweenStarts);
                continue;
            }

            hung?.Kill(); // only now that another one watches
            hung?.Dispose();
            hung = null;
            Report(present: true);
            if (Watch(guard))
            {
                continue; // the agent ends
            }

            hung = guard;
            guard = null;
            Report(present: false);
        }

        // Disarmed there is nothing left to guard; armed, it is what this was made for.
        if (_word.State == WordState.Disarmed)
        {
            guard?.Kill();
        }

        hung?.Dispose();
        guard?.Dispose();
    }

    private GuardProcess? Adopt()
    {
        if (GuardProcess.TryHold(_word.GuardPid, _word.Path) is not { } found)
        {
            return null;
        }

        if (_word.GuardVersion == DeadlineWord.ProtocolVersion && Looks(since: Now - LookedWithin))
        {
            GuardLog.Adopted(_log, found.Pid);
            return found;
        }

        found.Dispose(); // it goes when its successor watches, or is ended then
        return null;
    }

    private GuardProcess? Replace()
    {
        var began = Now;
        if (_start.Start(_word.Path) is not { } started)
        {
            return null;
        }

        while (!_stop.IsSet && Now - began < StartPatience && started.IsAlive)
        {
            if (_word.GuardPid == started.Pid && Looks(since: began))
            {
                GuardLog.Started(_log, started.Pid, Now - began);
                return started;
            }

            _stop.Wait(TimeSpan.FromMilliseconds(5));
        }

        if (!_stop.IsSet)
        {
            GuardLog.StartFailed(_log, Now - began);
        }

        started.Kill();
        started.Dispose();
        return null;
    }

    /// <summary>Returns when it has ended or hangs: false; or when the agent ends: true.</summary>
    private bool Watch(GuardProcess guard)
    {
        var (seen, looked, inVain) = (_word.GuardLookedAt, Now, 0);
        var isAlone = false;
        while (!_stop.IsSet)
        {
            if (!isAlone && _speaksForTheNode)
            {
                isAlone = true;
                EndOthers(guard);
            }

            if (guard.WaitForExit(BetweenLooks))
            {
                GuardLog.Ended(_log, guard.Pid);
                return false;
            }

            var (now, latest) = (Now, _word.GuardLookedAt);
            inVain = latest != seen || now - looked > LateLook ? 0 : inVain + 1;
            (seen, looked) = (latest, now);
            if (inVain == LooksInVain)
            {
                GuardLog.Hangs(_log, guard.Pid, BetweenLooks * LooksInVain);
                return false;
            }
        }

        return true;
    }

    private void EndOthers(GuardProcess guard)
    {
        foreach (var other in GuardProcess.EndOthers(guard.Pid, _word.Path))
        {
            GuardLog.OtherEnded(_log, other);
        }
    }

    private bool Looks(Instant since) => _word.GuardLookedAt / 100 >= since.Ticks;

    private void Report(bool present)
    {
        Volatile.Write(ref _missingSince, present ? 0 : Now.Ticks);
        Changed?.Invoke();
    }
}
