using System.Diagnostics;

namespace HaAgent.Testing.Processes;

/// <param name="Out">Standard output.</param>
/// <param name="Err">Standard error.</param>
public sealed record CommandResult(int ExitCode, string Out, string Err, TimeSpan Took)
{
    /// <summary>This result, if the exit code is zero.</summary>
    /// <exception cref="InvalidOperationException">It is not; the message has the output.</exception>
    public CommandResult OrThrow() => ExitCode == 0
        ? this
        : throw new InvalidOperationException($"Exit code {ExitCode}.\n{Out}\n{Err}");
}

/// <summary>A command that is run to its end.</summary>
public static class Command
{
    /// <param name="input">Given on standard input, which then ends.</param>
    /// <exception cref="TimeoutException">It did not end within <paramref name="within"/>; it has been killed.</exception>
    public static async Task<CommandResult> RunAsync(
        string program,
        IReadOnlyList<string> arguments,
        TimeSpan within,
        string input = "",
        IReadOnlyDictionary<string, string?>? environment = null,
        bool unprivileged = false)
    {
        string[] words = [.. unprivileged ? ServiceUser.CommandPrefix : [], program, .. arguments];
        var start = new ProcessStartInfo(words[0], words[1..])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        var began = TimeProvider.System.GetTimestamp();
        using var deadline = new CancellationTokenSource(within);
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} could not be started.");
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            var errors = process.StandardError.ReadToEndAsync(deadline.Token);
            await WriteInputAsync(process, input).ConfigureAwait(false);
            var (text, errorText) = (await output.ConfigureAwait(false), await errors.ConfigureAwait(false));
            await process.WaitForExitAsync(deadline.Token).ConfigureAwait(false);
            return new CommandResult(process.ExitCode, text, errorText, TimeProvider.System.GetElapsedTime(began));
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{string.Join(' ', words)}: no end after {within.TotalSeconds:0.#} s.");
        }
    }

    private static async Task WriteInputAsync(Process process, string input)
    {
        try
        {
            await process.StandardInput.WriteAsync(input).ConfigureAwait(false);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading its input: its exit code and output tell why.
        }
    }
}
