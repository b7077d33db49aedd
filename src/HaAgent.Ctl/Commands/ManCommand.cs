using HaAgent.Ctl.CommandLine;
using HaAgent.Ctl.Manual;

namespace HaAgent.Ctl.Commands;

/// <summary><c>man</c>: the manual page, for <c>man -l -</c> or a file.</summary>
internal sealed class ManCommand : CtlCommand
{
    public override CommandSpec Spec { get; } = new("man", "Print the manual page.", [], [CommonOptions.Help])
    {
        Topic = CommandTopic.Tool,
        Examples = [new("man | man -l -", "Read it.")],
    };

    public override Task RunAsync(ParsedArguments args, CtlContext ctl, CancellationToken stop) =>
        ctl.Terminal.Out.WriteAsync(ManPage.Render(CommonOptions.Global, [.. CommandTable.All.Select(command => command.Spec)]));
}
