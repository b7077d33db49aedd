using HaAgent.Ctl.CommandLine;
using HaAgent.Ctl.Completion;

namespace HaAgent.Ctl.Commands;

/// <summary><c>completion</c>: what a shell needs to complete this program's words.</summary>
internal sealed class CompletionCommand : CtlCommand
{
    private static readonly ArgumentSpec Shell =
        new("{bash|zsh|fish}", ArgumentCount.One) { Choices = ["bash", "zsh", "fish"] };

    public override CommandSpec Spec { get; } = new("completion", "Print what a shell needs to complete commands and options.",
        [Shell], [CommonOptions.Help])
    {
        Topic = CommandTopic.Tool,
        Details =
        [
            "Commands, options, formats, roles and files are completed; names of clusters and members are not, as they would have to "
                + "be asked for.",
        ],
        Examples =
        [
            new("source <(haagentctl completion bash)", "In ~/.bashrc."),
            new("haagentctl completion zsh > \"${fpath[1]}/_haagentctl\"", "Once, for zsh."),
            new("haagentctl completion fish > ~/.config/fish/completions/haagentctl.fish", "Once, for fish."),
        ],
    };

    public override Task RunAsync(ParsedArguments args, CtlContext ctl, CancellationToken stop)
    {
        CommandSpec[] commands = [.. CommandTable.All.Select(command => command.Spec)];
        return ctl.Terminal.Out.WriteAsync(args.One(Shell) switch
        {
            "bash" => BashCompletion.Render(ctl.Program, CommonOptions.Global, commands),
            "zsh" => ZshCompletion.Render(ctl.Program, CommonOptions.Global, commands),
            _ => FishCompletion.Render(ctl.Program, CommonOptions.Global, commands),
        });
    }
}
