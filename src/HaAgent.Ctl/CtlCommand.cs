using HaAgent.Ctl.CommandLine;

namespace HaAgent.Ctl;

/// <summary>One verb.</summary>
internal abstract class CtlCommand
{
    public abstract CommandSpec Spec { get; }

    /// <exception cref="CtlException">It cannot be done: exit code 1.</exception>
    /// <exception cref="AbortedException">The operator ended it: exit code 1.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was signalled.</exception>
    public abstract Task RunAsync(ParsedArguments args, CtlContext ctl, CancellationToken stop);
}
