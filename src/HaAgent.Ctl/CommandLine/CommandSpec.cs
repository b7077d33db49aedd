namespace HaAgent.Ctl.CommandLine;

/// <summary>What an option takes.</summary>
internal enum OptionKind
{
    Flag,
    Text,
    Integer,
    Number,
    Choice,
}

/// <param name="Names">As typed, in the order in which errors and the help name them.</param>
/// <param name="Metavar">What the help calls the value.</param>
internal sealed record OptionSpec(string[] Names, OptionKind Kind, string Help, string Metavar = "TEXT")
{
    public string[] Choices { get; init; } = [];

    /// <summary>The help with the words that are allowed.</summary>
    public string FullHelp => Choices.Length == 0 ? Help : $"{Help} One of: {string.Join(", ", Choices)}.";

    public bool TakesValue => Kind != OptionKind.Flag;
}

/// <summary>How many words an argument takes.</summary>
internal enum ArgumentCount
{
    One,
    OneOrNone,
    Any,
}

/// <param name="Name">As the usage line and errors call it, e.g. <c>CLUSTER_NAME</c>.</param>
internal sealed record ArgumentSpec(string Name, ArgumentCount Count)
{
    /// <summary>The words that are allowed; empty: any.</summary>
    public string[] Choices { get; init; } = [];

    public string Metavar => Count switch
    {
        ArgumentCount.One => Name,
        ArgumentCount.OneOrNone => $"[{Name}]",
        ArgumentCount.Any => $"[{Name}]...",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>A command's words: what it is called and what it takes.</summary>
/// <param name="Help">One sentence for <c>--help</c>.</param>
internal sealed record CommandSpec(string Name, string Help, ArgumentSpec[] Arguments, OptionSpec[] Options)
{
    /// <summary>The heading under which the help lists it.</summary>
    public CommandTopic Topic { get; init; }

    /// <summary>Paragraphs: what an operator should know before using it.</summary>
    public string[] Details { get; init; } = [];

    public CommandExample[] Examples { get; init; } = [];
}

/// <param name="Words">The call, without the program's name unless it is more than one call.</param>
internal sealed record CommandExample(string Words, string Meaning);

/// <summary>What a command is about.</summary>
internal enum CommandTopic
{
    Look,
    Lead,
    Servers,
    Settings,
    Tool,
}

/// <summary>A call that the command line's grammar does not allow: exit code 2.</summary>
/// <param name="command">The command whose usage line is shown; null for the program's own.</param>
internal sealed class UsageException(CommandSpec? command, string message) : Exception(message)
{
    public CommandSpec? Command { get; } = command;
}
