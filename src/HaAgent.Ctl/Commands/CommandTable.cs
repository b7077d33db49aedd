namespace HaAgent.Ctl.Commands;

/// <summary>All verbs, in the order of the help.</summary>
internal static class CommandTable
{
    public static readonly CtlCommand[] All =
    [
        new CompletionCommand(),
        new DemoteClusterCommand(),
        new DsnCommand(),
        new EditConfigCommand(),
        new FailoverCommand(),
        new FlushCommand(),
        new HistoryCommand(),
        new ListCommand(),
        new ManCommand(),
        new PauseCommand(),
        new PromoteClusterCommand(),
        new QueryCommand(),
        new ReinitCommand(),
        new ReloadCommand(),
        new RemoveCommand(),
        new RestartCommand(),
        new ResumeCommand(),
        new ShowConfigCommand(),
        new SwitchoverCommand(),
        new TopologyCommand(),
        new VersionCommand(),
    ];

    public static CtlCommand? Find(string name) => Array.Find(All, command => command.Spec.Name == name);
}
