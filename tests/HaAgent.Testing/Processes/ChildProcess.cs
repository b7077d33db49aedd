using System.Diagnostics;

namespace HaAgent.Testing.Processes;

/// <summary>What to start. No shell sees the arguments.</summary>
public sealed record ChildProcessSpec(string Program, IReadOnlyList<string> Arguments)
{
    /// <summary>Standard output and error are appended here.</summary>
    public required string LogFile { get; init; }

    /// <summary>... or go into this named pipe, and whoever reads it writes the log file.</summary>
    public string? OutputPipe { get; init; }

    public string? WorkingFolder { get; init; }

    /// <summary>Added to the environment; null removes a variable.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    /// <summary>Run as <see cref="ServiceUser"/>.</summary>
    public bool Unprivileged { get; init; } = true;
}

/// <summary>A server that a test has started: in a session of its own, output in a file, killed with its children at the end.</summary>
public sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan DeathTakes = TimeSpan.FromSeconds(10);

    private readonly Process _process;

    private ChildProcess(Process process, ChildProcessSpec spec)
    {
        _process = process;
        Spec = spec;
    }

    public ChildProcessSpec Spec { get; }

    public int Pid => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Meaningful after the exit; 128 + signal when it was killed.</summary>
    public int ExitCode => _process.ExitCode;

    public static ChildProcess Start(ChildProcessSpec spec)
    {
        // The shell only opens the log file and is replaced by exec, as are setsid and setpriv: the pid is the server's own.
        // A file, not a pipe: the server must neither block nor die when the test run does.
        var start = new ProcessStartInfo(
            "/bin/sh", ["-c", "exec \"$@\" </dev/null >>\"$0\" 2>&1", spec.OutputPipe ?? spec.LogFile, "setsid"])
        {
            UseShellExecute = false,
            WorkingDirectory = spec.WorkingFolder ?? "/",
        };
        foreach (var word in spec.Unprivileged ? ServiceUser.CommandPrefix : [])
        {
            start.ArgumentList.Add(word);
        }

        start.ArgumentList.Add(spec.Program);
        foreach (var argument in spec.Arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in spec.Environment)
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start) ?? throw new InvalidOperationException($"{spec.Program} could not be started.");
        return new ChildProcess(process, spec);
    }

    /// <summary>False when it has ended already.</summary>
    public bool Send(Signal signal) => !_process.HasExited && LinuxProcesses.Send(Pid, signal);

    /// <summary>SIGSTOP to the process and to all that it started in its session.</summary>
    public void Freeze() => SendToSession(Signal.Stop);

    public void Thaw() => SendToSession(Signal.Continue);

    /// <summary>SIGKILL to the process alone, as a crash would be; returns when it is gone.</summary>
    public async Task KillAsync()
    {
        Send(Signal.Kill);
        await WaitForExitAsync(DeathTakes).ConfigureAwait(false);
    }

    /// <summary>SIGKILL to everything in its session.</summary>
    public async Task KillSessionAsync()
    {
        LinuxProcesses.KillAll(() => LinuxProcesses.OfSession(Pid));
        await WaitForExitAsync(DeathTakes).ConfigureAwait(false);
    }

    /// <summary>The exit code, once it has ended.</summary>
    /// <exception cref="TimeoutException">It still runs after <paramref name="within"/>; the message ends with its last output.</exception>
    public async Task<int> WaitForExitAsync(TimeSpan within)
    {
        using var deadline = new CancellationTokenSource(within);
        try
        {
            await _process.WaitForExitAsync(deadline.Token).ConfigureAwait(false);
            return _process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException(
                $"{Spec.Program} (process {Pid}) still runs after {within.TotalSeconds:0.#} s.\n{LastOutput()}");
        }
    }

    /// <summary>The end of the log file, for a message.</summary>
    public string LastOutput(int lines = 20) =>
        File.Exists(Spec.LogFile) ? string.Join('\n', File.ReadLines(Spec.LogFile).TakeLast(lines)) : "(no output)";

    public async ValueTask DisposeAsync()
    {
        await KillSessionAsync().ConfigureAwait(false);
        _process.Dispose();
    }

    private void SendToSession(Signal signal)
    {
        foreach (var process in LinuxProcesses.OfSession(Pid))
        {
            LinuxProcesses.Send(process.Pid, signal);
        }
    }
}
