using System.Globalization;
using HaAgent.Core.Snapshot;
using HaAgent.Ctl.CommandLine;
using HaAgent.Ctl.Members;

namespace HaAgent.Ctl.Commands;

/// <summary><c>dsn</c>: where to connect to.</summary>
internal sealed class DsnCommand : CtlCommand
{
    private static readonly OptionSpec Member = new(["--member", "-m"], OptionKind.Text, "The member with this name.");

    public override CommandSpec Spec { get; } = new("dsn", "Print the address of a member; by default of the leader.",
        [CommonOptions.OptionalCluster], [CommonOptions.Role, Member, CommonOptions.Group, CommonOptions.Help]);

    public override async Task RunAsync(ParsedArguments args, CtlContext ctl, CancellationToken stop)
    {
        var role = args.Text(CommonOptions.Role);
        var member = args.Text(Member);
        if (role is not null && member is not null)
        {
            throw new CtlException("--role and --member are mutually exclusive options");
        }

        await using var store = ctl.Open(ctl.ClusterOrScope(args.One(CommonOptions.OptionalCluster)));
        var cluster = await store.ReadAsync(stop).ConfigureAwait(false);
        var address = Candidates(cluster, role, member).Select(MemberAddress.Of).FirstOrDefault()
            ?? throw new CtlException("Can not find a suitable member");
        ctl.Terminal.Line(string.Create(CultureInfo.InvariantCulture, $"host={address.Host} port={address.Port}"));
    }

    private static IEnumerable<Member> Candidates(ClusterState cluster, string? role, string? member) => member is null
        ? MemberSelection.WithRole(cluster, role ?? "leader")
        : cluster.Members.Where(candidate => candidate.Name.Value == member);
}
