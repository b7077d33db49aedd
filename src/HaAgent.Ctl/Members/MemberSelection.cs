using HaAgent.Core.Snapshot;
using HaAgent.Ctl.CommandLine;

namespace HaAgent.Ctl.Members;

/// <summary>Which members a command means (cli.md 6).</summary>
internal static class MemberSelection
{
    /// <param name="role">One of the role option's choices.</param>
    public static Member[] WithRole(ClusterState cluster, string role) =>
        [.. cluster.Members.Where(member => Has(role, member, member.Name == cluster.LeaderName))];

    /// <summary>The leader, then the others by name: who is asked about the cluster as a whole.</summary>
    public static Member[] LeaderFirst(ClusterState cluster) =>
        [.. cluster.Members.OrderBy(member => member.Name == cluster.LeaderName ? 0 : 1)];

    /// <summary>By <c>-r</c> or <c>-m</c>; null: not given.</summary>
    /// <exception cref="CtlException">Both were given.</exception>
    public static (string? Role, string? Member) RoleOrMember(ParsedArguments args) =>
        args.Has(CommonOptions.Role) && args.Has(CommonOptions.Member)
            ? throw new CtlException("--role and --member are mutually exclusive options")
            : (args.Text(CommonOptions.Role), args.Text(CommonOptions.Member));

    /// <param name="role">Counts where no member is named.</param>
    public static IEnumerable<Member> Candidates(ClusterState cluster, string? role, string? member) => member is null
        ? WithRole(cluster, role ?? "any")
        : cluster.Members.Where(candidate => candidate.Name.Value == member);

    /// <summary>The members that an action is for; the table is printed on the way.</summary>
    /// <exception cref="CtlException">There are none.</exception>
    public static Member[] Choose(CtlContext ctl, ClusterState cluster, string name, MembersAsked asked)
    {
        var eligible = WithRole(cluster, asked.Role);
        if (eligible.Length == 0 && asked.Names.Length == 0)
        {
            throw new CtlException($"{name} cluster doesn't have any members");
        }

        ctl.Terminal.Out.Write(MemberTable.Render(cluster, name));
        if (asked.Names.Length == 0)
        {
            return eligible;
        }

        Member[] chosen = [.. eligible.Where(member => asked.Names.Contains(member.Name.Value))];
        return chosen.Length > 0
            ? chosen
            : throw new CtlException($"No {(asked.IsRoleFixed ? asked.Role : $"'{asked.Role}'")} among provided members");
    }

    /// <param name="action">As the question calls it, e.g. <c>reload</c>.</param>
    /// <exception cref="CtlException">The operator said no.</exception>
    public static async Task ConfirmAsync(CtlContext ctl, string action, IEnumerable<Member> members, CancellationToken stop)
    {
        if (!await ctl.Prompts.ConfirmAsync($"Are you sure you want to {action} members {Names(members)}?", stop).ConfigureAwait(false))
        {
            throw new CtlException($"Aborted {action}");
        }
    }

    public static string Names(IEnumerable<Member> members) => string.Join(", ", members.Select(member => member.Name));

    private static bool Has(string role, Member member, bool isLeader) => role switch
    {
        "any" => true,
        "leader" => isLeader,
        "primary" => isLeader && member.Role != "standby_leader",
        "standby-leader" => isLeader && member.Role != "primary",
        "replica" or "standby" => !isLeader,
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>The members that the operator asked for.</summary>
/// <param name="Names">Empty: all with the role.</param>
/// <param name="IsRoleFixed">The command is for members with this role only; the operator did not name it.</param>
internal sealed record MembersAsked(string Role, string[] Names, bool IsRoleFixed = false)
{
    /// <summary>By the usual option and argument.</summary>
    public static MembersAsked By(ParsedArguments args) =>
        new(args.Text(CommonOptions.Role) ?? "any", args.All(CommonOptions.Members));
}
