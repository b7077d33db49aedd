using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace HaAgent.Ctl.Editing;

/// <summary>The operator's editor on a temporary file.</summary>
internal static class ExternalEditor
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <returns>The text as the operator left it.</returns>
    /// <exception cref="CtlException">There is no editor, or it failed.</exception>
    public static async Task<string> EditAsync(CtlContext ctl, string cluster, string text, CancellationToken stop)
    {
        var editor = Choose(ctl.Variable);
        var unique = Path.GetRandomFileName().Replace(".", "", StringComparison.Ordinal);
        var file = Path.Combine(Path.GetTempPath(), $"{cluster.Replace('/', '_')}-config-{unique}.yaml");
        try
        {
            await WriteAsync(file, text, stop).ConfigureAwait(false);
            using (ctl.Interrupts.Lend())
            {
                await RunAsync(editor, file, stop).ConfigureAwait(false);
            }

            return await File.ReadAllTextAsync(file, stop).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CtlException($"Cannot use the temporary file {file} for the editor, check TMPDIR: {failure.Message}");
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>The whole of <c>$EDITOR</c> is one program: nothing in it is split or run by a shell.</summary>
    private static string Choose(Func<string, string?> variable) =>
        (variable("EDITOR") is { Length: > 0 } chosen ? ProgramFinder.Find(chosen, variable) ?? chosen : null)
        ?? ProgramFinder.Find("editor", variable)
        ?? ProgramFinder.Find("vi", variable)
        ?? throw new CtlException("EDITOR environment variable is not set. editor or vi are not available");

    private static async Task WriteAsync(string file, string text, CancellationToken stop)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly; // the configuration may hold what others should not read
        }

        await using var writer = new StreamWriter(file, options);
        await writer.WriteAsync(text.AsMemory(), stop).ConfigureAwait(false);
    }

    private static async Task RunAsync(string editor, string file, CancellationToken stop)
    {
        using var process = Start(editor, file);
        await process.WaitForExitAsync(stop).ConfigureAwait(false);
        if (process.ExitCode != 0)
        {
            throw new CtlException(
                string.Create(CultureInfo.InvariantCulture, $"Editor exited with return code {process.ExitCode}"));
        }
    }

    private static Process Start(string editor, string file)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(editor, [file]) { UseShellExecute = false })
                ?? throw new CtlException($"Cannot start the editor {editor}, set EDITOR to the path of a program.");
        }
        catch (Win32Exception failure)
        {
            throw new CtlException($"Cannot start the editor {editor}, set EDITOR to the path of a program: {failure.Message}");
        }
    }
}
