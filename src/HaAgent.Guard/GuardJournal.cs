using System.Runtime.InteropServices;
using System.Text;

namespace HaAgent.Guard;

/// <summary>What the guard says, on standard error, in the form of the agent's plain log. Formatting allocates nothing.</summary>
/// <param name="descriptor">Tests only; otherwise standard error.</param>
internal sealed unsafe partial class GuardJournal(int descriptor = GuardJournal.StandardError)
{
    private const int Room = 1024;
    private const int StandardError = 2;
    private const int PatienceMs = 1000;

    private readonly byte[] _line = new byte[Room];
    private int _length;
    private int _descriptor = descriptor;

    /// <summary>A line to nobody.</summary>
    public void Rehearse()
    {
        using var nobody = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.Write);
        var somebody = _descriptor;
        _descriptor = (int)nobody.DangerousGetHandle();
        Ended("/"u8, killed: true, late: 0, took: 0);
        Left("/"u8, processes: 1, late: null, took: 0);
        _descriptor = somebody;
    }

    public void Notice(string text) => Begin("WARNING: "u8).Add("lease guard: "u8).Add(Encoding.UTF8.GetBytes(text)).Write();

    public void Watching(int pid, ReadOnlySpan<byte> dataDirectory) =>
        Begin("INFO: "u8).Add("lease guard "u8).Add(pid).Add(" watches "u8).Add(dataDirectory).Write();

    /// <summary>No process of the server is left.</summary>
    /// <param name="late">
    /// Nanoseconds after the deadline at which it began; null for a server that was not the one of the deadline: it was started, or
    /// was found by another guard, when the word said FIRED.
    /// </param>
    /// <param name="took">Nanoseconds since then.</param>
    public void Ended(ReadOnlySpan<byte> dataDirectory, bool killed, long? late, long took) =>
        What(dataDirectory, killed ? " was killed ("u8 : " was stopped (immediate; "u8, late)
            .Add("gone after "u8).Add(took / 1_000_000).Add(" ms): "u8)
            .Add(late is null ? "its start is the agent's"u8 : "the agent was stopped, killed or held up"u8)
            .Write();

    /// <summary>Some of its processes have their SIGKILL and do not go.</summary>
    public void Left(ReadOnlySpan<byte> dataDirectory, int processes, long? late, long took) =>
        What(dataDirectory, " was killed but cannot be ended yet ("u8, late)
            .Add("processes left after "u8).Add(took / 1_000_000).Add(" ms: "u8).Add(processes)
            .Add("): they take no signal, as while a disk hangs"u8)
            .Write();

    private GuardJournal What(ReadOnlySpan<byte> dataDirectory, ReadOnlySpan<byte> happened, long? late)
    {
        Begin("CRITICAL: "u8).Add("lease guard: "u8);
        return late is { } nanoseconds
            ? Add("the lease was not renewed in time, PostgreSQL in "u8).Add(dataDirectory).Add(happened)
                .Add("begun "u8).Add(nanoseconds / 1_000_000).Add(" ms after the deadline, "u8)
            : Add("PostgreSQL in "u8).Add(dataDirectory).Add(" ran though the guard had fired before, and"u8).Add(happened);
    }

    private GuardJournal Begin(ReadOnlySpan<byte> level)
    {
        _length = 0;
        DateTimeOffset.Now.TryFormat(_line, out _length, "yyyy-MM-dd HH:mm:ss,fff ");
        return Add(level);
    }

    private GuardJournal Add(ReadOnlySpan<byte> text)
    {
        var taken = Math.Min(text.Length, Room - 1 - _length);
        text[..taken].CopyTo(_line.AsSpan(_length));
        _length += taken;
        return this;
    }

    private GuardJournal Add(long number)
    {
        number.TryFormat(_line.AsSpan(_length), out var digits);
        _length += digits;
        return this;
    }

    /// <summary>A reader that has gone away or does not read must not hold the guard up.</summary>
    private void Write()
    {
        _line[_length++] = (byte)'\n';
        if (Poll.Wait(_descriptor, Poll.Out, PatienceMs))
        {
            fixed (byte* line = _line)
            {
                _ = Write(_descriptor, line, (nuint)_length);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint Write(int descriptor, byte* buffer, nuint size);
}
