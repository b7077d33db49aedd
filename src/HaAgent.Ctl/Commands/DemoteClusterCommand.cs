using System.Globalization;
using System.Text.Json.Nodes;
using HaAgent.Ctl.CommandLine;

namespace HaAgent.Ctl.Commands;

/// <summary><c>demote-cluster</c>: the cluster follows another one.</summary>
internal sealed class DemoteClusterCommand : CtlCommand
{
    private static readonly OptionSpec Host = new(["--host"], OptionKind.Text, "Address of the cluster to replicate from.");

    private static readonly OptionSpec Port = new(["--port"], OptionKind.Integer, "Its port.", "INTEGER");

    private static readonly OptionSpec RestoreCommand =
        new(["--restore-command"], OptionKind.Text, "Fetches its WAL from an archive.", "COMMAND");

    private static readonly OptionSpec Slot =
        new(["--primary-slot-name"], OptionKind.Text, "The replication slot to use there.", "NAME");

    public override CommandSpec Spec { get; } = new("demote-cluster", "Make a cluster the standby of another one.",
        [CommonOptions.OptionalCluster],
        [Host, Port, RestoreCommand, Slot, CommonOptions.Force, CommonOptions.Help])
    {
        Topic = CommandTopic.Lead,
        Details =
        [
            "The leader becomes a standby leader, which replicates from the given address or archive. Needs one "
                + "of --host, --port and --restore-command.",
        ],
        Examples =
        [
            new("demote-cluster batman --host 10.0.1.1 --port 5432", "Follow that server."),
        ],
    };

    public override Task RunAsync(ParsedArguments args, CtlContext ctl, CancellationToken stop)
    {
        if (!args.Has(Host) && !args.Has(Port) && !args.Has(RestoreCommand))
        {
            throw new CtlException("At least --host, --port or --restore-command should be specified");
        }

        var standby = new JsonObject();
        if (args.Text(Host) is { } host)
        {
            standby["host"] = host;
        }

        if (args.Text(Port) is { } port)
        {
            standby["port"] = long.Parse(port, CultureInfo.InvariantCulture);
        }

        if (args.Text(RestoreCommand) is { } command)
        {
            standby["restore_command"] = command;
        }

        if (args.Text(Slot) is { } slot)
        {
            standby["primary_slot_name"] = slot;
        }

        return new ClusterRoleChange(ctl, "demote", "standby_leader").RunAsync(args, standby, stop);
    }
}
