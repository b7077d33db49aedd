using HaAgent.Core.Settings;
using HaAgent.Ctl.CommandLine;
using HaAgent.Ctl.Commands;
using HaAgent.Ctl.Manual;
using HaAgent.Ctl.Settings;

namespace HaAgent.Ctl;

/// <summary>From the words of a call to its exit code (cli.md 2).</summary>
internal static class CtlProgram
{
    private const int Success = 0;
    private const int Failure = 1;
    private const int Misused = 2;

    public static async Task<int> RunAsync(string[] words, CtlHost host)
    {
        var terminal = host.Terminal;
        var stop = host.Interrupts.Stop;
        try
        {
            return await DispatchAsync(words, host, stop).ConfigureAwait(false);
        }
        catch (UsageException misuse)
        {
            await terminal.Error.WriteAsync(UsageText.Error(host.Program, misuse)).ConfigureAwait(false);
            return Misused;
        }
        catch (Exception failure) when (failure is CtlException or ConfigurationException)
        {
            await terminal.Error.WriteAsync($"Error: {failure.Message}\n").ConfigureAwait(false);
            return Failure;
        }
        catch (Exception end)
            when (end is AbortedException || (end is OperationCanceledException && stop.IsCancellationRequested))
        {
            await terminal.Error.WriteAsync("Aborted!\n").ConfigureAwait(false);
            return Failure;
        }
    }

    private static async Task<int> DispatchAsync(string[] words, CtlHost host, CancellationToken stop)
    {
        var (globals, left) = WordParser.Global(CommonOptions.Global, words);
        var isColoured = Colour.IsWanted(host.Terminal, host.Variable);
        if (globals.Has(CommonOptions.Help) || left.Length == 0)
        {
            var asked = globals.Has(CommonOptions.Help);
            var help = new HelpText(host.Program, isColoured && asked)
                .Render(CommonOptions.Global, [.. CommandTable.All.Select(known => known.Spec)]);
            await (asked ? host.Terminal.Out : host.Terminal.Error).WriteAsync(help).ConfigureAwait(false);
            return asked ? Success : Misused;
        }

        var command = CommandTable.Find(left[0]) ?? throw new UsageException(null, $"No such command '{left[0]}'.");
        var args = WordParser.Command(command.Spec, left[1..]);
        if (args.Has(CommonOptions.Help))
        {
            await host.Terminal.Out.WriteAsync(new HelpText(host.Program, isColoured).Render(command.Spec)).ConfigureAwait(false);
            return Success;
        }

        if (args.Has(CommonOptions.Group))
        {
            throw new CtlException("Citus clusters are not in this version: leave out --group.");
        }

        var options = new GlobalOptions(
            globals.Text(CommonOptions.ConfigFile),
            globals.Text(CommonOptions.DcsUrl) ?? NotEmpty(host.Variable("DCS_URL")),
            globals.Has(CommonOptions.Insecure));
        using var ctl = new CtlContext(host, options);
        await command.RunAsync(args, ctl, stop).ConfigureAwait(false);
        return Success;
    }

    private static string? NotEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
