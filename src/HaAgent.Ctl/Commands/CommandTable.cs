namespace HaAgent.Ctl.Commands;

/// <summary>All verbs, in the order of the help.</summary>
internal static class CommandTable
{
    public static readonly CtlCommand[] All =
    [
        new DsnCommand(),
        new EditConfigCommand(),
        new FailoverCommand(),
        new HistoryCommand(),
        new ListCommand(),
        new PauseCommand(),
        new ReloadCommand(),
        new ResumeCommand(),
        new ShowConfigCommand(),
        new SwitchoverCommand(),
        new TopologyCommand(),
        new VersionCommand(),
        .. RefusedCommand.All,
    ];

    public static CtlCommand? Find(string name) => Array.Find(All, command => command.Spec.Name == name);
}
