using HaAgent.Ctl.CommandLine;

namespace HaAgent.Ctl.Manual;

/// <summary>What the help and the manual page say that belongs to no single command.</summary>
internal static class Prose
{
    public const string Program = "haagentctl";

    public const string Purpose = "Shows and changes PostgreSQL clusters kept by haagent or Patroni.";

    /// <summary>Paragraphs.</summary>
    public static readonly string[] Description =
    [
        "The clusters are found through the configuration store (DCS) that the configuration file names: the agent's own file will do. "
            + "Where a cluster's name may be left out, the file's scope is meant.",
        "Commands that change something ask first. Without a terminal use --force: at the end of the input they give up.",
        "Called by the name patronictl, it calls itself so too.",
    ];

    public static readonly (CommandTopic Topic, string Title)[] Topics =
    [
        (CommandTopic.Look, "Look"),
        (CommandTopic.Lead, "Choose who leads"),
        (CommandTopic.Servers, "Work on servers"),
        (CommandTopic.Settings, "Settings of the cluster"),
        (CommandTopic.Tool, "This program"),
    ];

    public static readonly (string Name, string Meaning)[] Environment =
    [
        ("HAAGENTCTL_CONFIG_FILE, PATRONICTL_CONFIG_FILE", "The configuration file when -c is not given. The first one counts."),
        ("DCS_URL", "The DCS when -d is not given."),
        ("PATRONI_*, HAAGENT_*", "Settings, as the agent reads them: they add to the file or stand in for it."),
        ("LOGLEVEL, PATRONI_LOG_LEVEL", "ERROR silences warnings."),
        ("EDITOR, PAGER", "The programs that edit-config uses."),
        ("PGUSER, PGPASSWORD, PGPASSFILE, PGDATABASE, PGSSLMODE, PGAPPNAME", "As for psql, in query."),
        ("NO_COLOR", "When set, nothing is coloured. Only a terminal is coloured anyway."),
    ];

    public static readonly (string Name, string Meaning)[] Files =
    [
        ("~/.config/haagent/haagentctl.yaml, ~/.config/patroni/patronictl.yaml",
            "The configuration when none is named; XDG_CONFIG_HOME stands in for ~/.config."),
    ];

    public static readonly (string Code, string Meaning)[] ExitCodes =
    [
        ("0", "Done; also when a member or the cluster refused what it was asked for. Scripts look at the output."),
        ("1", "Not done: \"Error: ...\" on stderr says why. \"Aborted!\": ended at a question, or by Ctrl-C."),
        ("2", "The command line was not understood."),
    ];

    /// <summary>With the program's name before it, unless the example is not a call of the program.</summary>
    public static string Call(string program, CommandSpec command, CommandExample example) =>
        example.Words.StartsWith(command.Name, StringComparison.Ordinal)
            ? $"{program} {example.Words}"
            : example.Words.Replace(Program, program, StringComparison.Ordinal);
}
