namespace HaAgent.Runtime;

/// <summary>Keeps blocked work from delaying what completes network I/O.</summary>
/// <remarks>
/// Above its minimum the pool adds a thread or two a second. Hundreds of items that block (a hung disk under file
/// calls) would hold up answers and lease replies for minutes; threads up to the minimum are started at once, and
/// cost nothing before they are needed. With more than these held, no renewal is sent or answered: the loop, which needs
/// no pool, fences when its lease runs short, and systemd replaces the process.
/// </remarks>
internal static class ThreadPoolFloor
{
    public const int Workers = 512;

    public static void Raise()
    {
        ThreadPool.GetMinThreads(out var workers, out var ports);
        ThreadPool.SetMinThreads(Math.Max(workers, Workers), Math.Max(ports, Environment.ProcessorCount));
    }
}
