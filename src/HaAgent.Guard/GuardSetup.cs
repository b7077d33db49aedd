using System.Globalization;
using System.Runtime.InteropServices;

namespace HaAgent.Guard;

/// <summary>What lets the guard run when nothing else does, as far as it is permitted.</summary>
internal static unsafe partial class GuardSetup
{
    private const int SchedulerFifo = 1;
    private const int LockCurrent = 1;
    private const int LockFuture = 2;
    private const int LockOnFault = 4;

    /// <summary>Leaves the agent's session, and outlives the signals that are meant for the agent.</summary>
    public static void Detach()
    {
        const int Hangup = 1, Interrupt = 2, Terminate = 15;
        const nint Ignore = 1;
        _ = SetSession();
        _ = SetHandler(Hangup, Ignore);
        _ = SetHandler(Interrupt, Ignore);
        _ = SetHandler(Terminate, Ignore);
    }

    /// <returns>One sentence for each privilege that was refused, with the remedy.</returns>
    public static List<string> TakePrivileges()
    {
        var notices = new List<string>();
        if (LockMemory(LockCurrent | LockFuture | LockOnFault) != 0)
        {
            notices.Add(Refused("its memory cannot be locked", "LimitMEMLOCK=infinity"));
        }

        var priority = 1;
        if (SetScheduler(0, SchedulerFifo, &priority) != 0)
        {
            notices.Add(Refused("it gets no real-time priority", "LimitRTPRIO=1"));
        }

        try
        {
            File.WriteAllText("/proc/self/oom_score_adj", "-1000");
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            var score = File.ReadAllText("/proc/self/oom_score_adj").Trim();
            if (!int.TryParse(score, CultureInfo.InvariantCulture, out var adjusted) || adjusted > -900)
            {
                notices.Add($"the kernel may end it when memory runs out (oom_score_adj {score}): set OOMScoreAdjust=-900 in the unit");
            }
        }

        return notices;
    }

    private static string Refused(string what, string remedy) =>
        $"{what} ({Marshal.GetLastPInvokeErrorMessage()}): set {remedy} in the unit";

    [LibraryImport("libc", EntryPoint = "setsid")]
    private static partial int SetSession();

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SetHandler(int signal, nint handler);

    [LibraryImport("libc", EntryPoint = "mlockall", SetLastError = true)]
    private static partial int LockMemory(int flags);

    [LibraryImport("libc", EntryPoint = "sched_setscheduler", SetLastError = true)]
    private static partial int SetScheduler(int pid, int policy, int* priority);
}
