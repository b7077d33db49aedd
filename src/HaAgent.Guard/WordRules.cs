namespace HaAgent.Guard;

/// <summary>What the word says of the local server.</summary>
public enum WordState
{
    /// <summary>Nothing here can become writable, or the operator answers for it.</summary>
    Disarmed,

    /// <summary>It may be writable until the deadline.</summary>
    Armed,

    /// <summary>The guard has ended it; whoever finds this has lost, until no process of the server is left.</summary>
    Fired,
}

/// <summary>The rules of the word that agent and guard share: who may change it from what to what.</summary>
/// <remarks>
/// 0 disarmed; -1 fired; else the deadline in nanoseconds of CLOCK_BOOTTIME. Every change is a compare-and-swap. Nothing
/// here allocates.
/// </remarks>
public static class WordRules
{
    public const long Disarmed = 0;
    public const long Fired = -1;

    public static WordState StateOf(long word) => word switch
    {
        Disarmed => WordState.Disarmed,
        > 0 => WordState.Armed,
        _ => WordState.Fired,
    };

    /// <summary>The agent's: a new deadline, or <see cref="Disarmed"/>.</summary>
    /// <returns>False when the guard has fired: nothing was written.</returns>
    public static bool TrySet(ref long word, long value)
    {
        while (true)
        {
            var seen = Volatile.Read(ref word);
            if (StateOf(seen) == WordState.Fired)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref word, value, seen) == seen)
            {
                return true;
            }
        }
    }

    /// <summary>The guard's: the deadline has come. False when it was moved meanwhile.</summary>
    public static bool TryFire(ref long word, long deadline) => Interlocked.CompareExchange(ref word, Fired, deadline) == deadline;

    /// <summary>After a firing, once no process of the server is left.</summary>
    public static void Reset(ref long word) => Interlocked.CompareExchange(ref word, Disarmed, Fired);
}
