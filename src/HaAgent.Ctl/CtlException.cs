namespace HaAgent.Ctl;

/// <summary>The command cannot go on: <c>Error: </c> and this sentence on stderr, exit code 1.</summary>
internal sealed class CtlException(string message) : Exception(message);

/// <summary>The operator ended the command at a prompt, or by Ctrl-C: <c>Aborted!</c> on stderr, exit code 1.</summary>
internal sealed class AbortedException : Exception;
