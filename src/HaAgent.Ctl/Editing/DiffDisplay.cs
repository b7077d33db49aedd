using System.Diagnostics;

namespace HaAgent.Ctl.Editing;

/// <summary>Shows a diff: plainly to a file or a pipe, in colour and through a pager on a screen.</summary>
internal static class DiffDisplay
{
    private const string Red = "\u001b[31m";
    private const string Green = "\u001b[32m";
    private const string Cyan = "\u001b[36m";
    private const string Plain = "\u001b[0m";

    public static async Task ShowAsync(CtlContext ctl, string diff, CancellationToken stop)
    {
        if (!ctl.Terminal.OutputIsTerminal)
        {
            await ctl.Terminal.Out.WriteAsync(diff.AsMemory(), stop).ConfigureAwait(false);
            return;
        }

        var pager = ProgramFinder.Find(ctl.Variable("PAGER"), ctl.Variable)
            ?? ProgramFinder.Find("less", ctl.Variable)
            ?? ProgramFinder.Find("more", ctl.Variable)
            ?? throw new CtlException("No pager could be found. Either set PAGER environment variable with your pager or install "
                + "either \"less\" or \"more\" in the host.");
        await ctl.Terminal.Out.FlushAsync(stop).ConfigureAwait(false);
        using var loan = ctl.Interrupts.Lend();
        await PageAsync(pager, Colour.IsWanted(ctl.Terminal, ctl.Variable) ? Coloured(diff) : diff, stop).ConfigureAwait(false);
    }

    internal static string Coloured(string diff) => string.Concat(diff.TrimEnd('\n').Split('\n').Select(line => line switch
    {
        _ when line.StartsWith('-') => $"{Red}{line}{Plain}\n",
        _ when line.StartsWith('+') => $"{Green}{line}{Plain}\n",
        _ when line.StartsWith('@') => $"{Cyan}{line}{Plain}\n",
        _ => line + "\n",
    }));

    private static async Task PageAsync(string pager, string text, CancellationToken stop)
    {
        // less: end at once when all fits on the screen, keep colours, leave the text on the screen.
        string[] options = Path.GetFileName(pager) == "less" ? ["-FRX"] : [];
        var start = new ProcessStartInfo(pager, options) { UseShellExecute = false, RedirectStandardInput = true };
        using var process = Process.Start(start)
            ?? throw new CtlException($"Cannot start the pager {pager}, set PAGER to the path of a program.");
        try
        {
            await process.StandardInput.WriteAsync(text.AsMemory(), stop).ConfigureAwait(false);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The operator has left the pager before its end.
        }

        await process.WaitForExitAsync(stop).ConfigureAwait(false);
    }
}
