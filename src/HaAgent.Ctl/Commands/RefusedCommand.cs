using HaAgent.Ctl.CommandLine;

namespace HaAgent.Ctl.Commands;

/// <summary>A verb that this version knows by name only.</summary>
/// <param name="instead">What to do now, as the end of a sentence.</param>
internal sealed class RefusedCommand(string name, string instead) : CtlCommand
{
    public static readonly RefusedCommand[] All =
    [
        new("demote-cluster", "standby clusters cannot be made with it"),
        new("flush", "send DELETE /switchover or DELETE /restart to the member's REST API"),
        new("promote-cluster", "standby clusters cannot be made with it"),
        new("query", "connect with psql to the address that the dsn command prints"),
        new("reinit", "stop the member's agent, move its data directory away and start the agent"),
        new("remove", "delete the cluster's keys from the store with the store's own tool"),
        new("restart", "pause the cluster, restart PostgreSQL with pg_ctl and resume"),
    ];

    public override CommandSpec Spec { get; } = new(name, "Not in this version.", [], [CommonOptions.Help]);

    public override bool IsRefused => true;

    public override Task RunAsync(ParsedArguments args, CtlContext ctl, CancellationToken stop) =>
        throw new CtlException($"{name} is not in this version: {instead}.");
}
