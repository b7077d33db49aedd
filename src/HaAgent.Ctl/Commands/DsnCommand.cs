using System.Globalization;
using HaAgent.Ctl.CommandLine;
using HaAgent.Ctl.Members;

namespace HaAgent.Ctl.Commands;

/// <summary><c>dsn</c>: where to connect to.</summary>
internal sealed class DsnCommand : CtlCommand
{
    public override CommandSpec Spec { get; } = new("dsn", "Print the address of a member; by default of the leader.",
        [CommonOptions.OptionalCluster], [CommonOptions.Role, CommonOptions.Member, CommonOptions.Group, CommonOptions.Help])
    {
        Topic = CommandTopic.Look,
        Details =
        [
            "The address comes from what the member has published in the DCS; nobody is connected to. With --role "
                + "any it is the first member's.",
        ],
        Examples =
        [
            new("psql \"$(haagentctl dsn batman) user=postgres\"", "Connect to the leader, whoever it is."),
        ],
    };

    public override async Task RunAsync(ParsedArguments args, CtlContext ctl, CancellationToken stop)
    {
        var (role, member) = MemberSelection.RoleOrMember(args);
        await using var store = ctl.Open(ctl.ClusterOrScope(args.One(CommonOptions.OptionalCluster)));
        var cluster = await store.ReadAsync(stop).ConfigureAwait(false);
        var address = MemberSelection.Candidates(cluster, role ?? "leader", member).Select(MemberAddress.Of).FirstOrDefault()
            ?? throw new CtlException("Can not find a suitable member");
        ctl.Terminal.Line(string.Create(CultureInfo.InvariantCulture, $"host={address.Host} port={address.Port}"));
    }
}
