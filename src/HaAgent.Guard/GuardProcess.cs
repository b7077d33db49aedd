using System.Globalization;
using System.Text;

namespace HaAgent.Guard;

/// <summary>A guard's process, held by its pidfd.</summary>
public sealed class GuardProcess : IDisposable
{
    private readonly PidFd _handle;

    private GuardProcess(int pid, PidFd handle)
    {
        Pid = pid;
        _handle = handle;
    }

    public int Pid { get; }

    public bool IsAlive => !WaitForExit(TimeSpan.Zero);

    /// <summary>Null when the process is gone or is no guard of this word.</summary>
    /// <param name="pid">0: none.</param>
    public static GuardProcess? TryHold(int pid, string wordFile)
    {
        if (pid <= 0 || PidFd.TryOpen(pid) is not { } handle)
        {
            return null;
        }

        // Asked once it is held: before that the number might have been given to somebody else.
        if (IsGuard(pid, file => file == wordFile))
        {
            return new(pid, handle);
        }

        handle.Dispose();
        return null;
    }

    /// <summary>Ends every other guard of a word of this name: one that was left on a file that was since replaced.</summary>
    /// <returns>The pids.</returns>
    public static IReadOnlyList<int> EndOthers(int own, string wordFile)
    {
        var name = '/' + Path.GetFileName(wordFile);
        var ended = new List<int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                || pid == own || !IsGuard(pid, file => file.EndsWith(name, StringComparison.Ordinal)))
            {
                continue;
            }

            using var handle = PidFd.TryOpen(pid);
            if (handle is not null && IsGuard(pid, file => file.EndsWith(name, StringComparison.Ordinal))
                && handle.Send(PidFd.SigKill))
            {
                ended.Add(pid);
            }
        }

        return ended;
    }

    /// <summary>Clock ticks from boot to the start of a process; 0 when it is gone.</summary>
    public static long StartTicks(int pid) => Proc.StartTicks(pid);

    /// <summary>True as soon as it has ended.</summary>
    public bool WaitForExit(TimeSpan limit) =>
        Poll.Wait((int)_handle.DangerousGetHandle(), Poll.In, (int)limit.TotalMilliseconds);

    public void Kill() => _handle.Send(PidFd.SigKill);

    public void Dispose() => _handle.Dispose();

    /// <remarks>A process that was just started may still carry its parent's command line, until it has become what it was started as.</remarks>
    private static bool IsGuard(int pid, Predicate<string> watches)
    {
        Span<byte> buffer = stackalloc byte[8192];
        var words = Encoding.UTF8.GetString(Proc.Text(pid, "cmdline"u8, buffer)).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        return words is [.., "guard", var file] && watches(file);
    }
}
