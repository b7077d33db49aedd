using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace HaAgent.Postgres.Control;

/// <summary>A program to run to its end: an argument list, hence no shell and nothing to quote or inject.</summary>
internal sealed record Command(string Program, IReadOnlyList<string> Arguments)
{
    /// <summary>Added to the cleaned environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// False where the program's result depends on the locale (initdb); otherwise we read untranslated output.
    /// </summary>
    public bool PlainLocale { get; init; } = true;

    /// <summary>Null: the agent's own.</summary>
    public string? WorkingDirectory { get; init; }

    public string Name => Path.GetFileName(Program);
}

/// <param name="ExitCode">Null when it did not end by itself: killed at the deadline, or never started.</param>
/// <param name="Output">The last part of standard output.</param>
/// <param name="Error">The last part of standard error, or why it could not be started.</param>
internal sealed record ProcessResult(int? ExitCode, string Output, string Error)
{
    public bool Succeeded => ExitCode == 0;

    /// <summary>For the operator: what the program said last.</summary>
    public string Complaint
    {
        get
        {
            var said = Error.Trim().Length > 0 ? Error.Trim() : Output.Trim();
            return ExitCode is { } code ? $"exit code {code}: {said}" : said;
        }
    }
}

/// <summary>Runs programs to their end.</summary>
internal sealed class ProcessRunner(TimeProvider clock)
{
    private const int KeptCharacters = 256 * 1024;
    private static readonly TimeSpan StreamsCloseWithin = TimeSpan.FromSeconds(2);

    /// <returns>Its result; after <paramref name="timeout"/> it is killed with its children and has no exit
    /// code.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was signalled; the whole tree was
    /// killed.</exception>
    public async Task<ProcessResult> RunAsync(Command command, TimeSpan timeout, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        using var process = new Process { StartInfo = StartInfo(command) };
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            return new(null, "", $"{command.Program} could not be started: {e.Message}");
        }

        process.StandardInput.Close();
        var output = ReadTailAsync(process.StandardOutput);
        var error = ReadTailAsync(process.StandardError);
        using var deadline = new CancellationTokenSource(timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, deadline.Token);
        try
        {
            await process.WaitForExitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            stop.ThrowIfCancellationRequested();
            return new(null, await WithinAsync(output).ConfigureAwait(false),
                $"{command.Name} did not end within {timeout.TotalSeconds:0} s");
        }

        return new(process.ExitCode, await WithinAsync(output).ConfigureAwait(false),
            await WithinAsync(error).ConfigureAwait(false));
    }

    private static ProcessStartInfo StartInfo(Command command)
    {
        var start = new ProcessStartInfo(command.Program, command.Arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = command.WorkingDirectory ?? "",
        };
        start.Environment.Clear();
        foreach (var (name, value) in CleanEnvironment.Variables(command.Environment))
        {
            start.Environment[name] = value;
        }

        if (command.PlainLocale)
        {
            // We read its output; a translated one would not parse.
            start.Environment["LC_ALL"] = "C";
            start.Environment["LANG"] = "C";
        }

        return start;
    }

    /// <summary>
    /// A child that lives on (a daemon started by a script) may hold the streams open: it is not waited for.
    /// </summary>
    private async Task<string> WithinAsync(Task<string> tail)
    {
        try
        {
            return await tail.WaitAsync(StreamsCloseWithin, clock).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return "";
        }
    }

    private static async Task<string> ReadTailAsync(StreamReader reader)
    {
        var kept = new StringBuilder();
        var buffer = new char[4096];
        try
        {
            int read;
            while ((read = await reader.ReadAsync(buffer, CancellationToken.None).ConfigureAwait(false)) > 0)
            {
                kept.Append(buffer, 0, read);
                if (kept.Length > 2 * KeptCharacters)
                {
                    kept.Remove(0, kept.Length - KeptCharacters);
                }
            }
        }
        catch (IOException)
        {
            // The stream broke with its process: what was read counts.
        }
        catch (ObjectDisposedException)
        {
            // Given up on by WithinAsync.
        }

        return kept.Length > KeptCharacters
            ? kept.ToString(kept.Length - KeptCharacters, KeptCharacters)
            : kept.ToString();
    }
}
