using HaAgent.Core.Snapshot;

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

    /// <summary>Checks and asks about the members that an action is for; the table is printed on the way.</summary>
    /// <param name="action">As the questions call it, e.g. <c>reload</c>.</param>
    public static async Task<Member[]> ForActionAsync(
        CtlContext ctl, ClusterState cluster, string name, string action, MembersAsked asked, CancellationToken stop)
    {
        var eligible = WithRole(cluster, asked.Role);
        if (eligible.Length == 0 && asked.Names.Length == 0)
        {
            throw new CtlException($"{name} cluster doesn't have any members");
        }

        ctl.Terminal.Out.Write(MemberTable.Render(cluster, name));
        var chosen = asked.Names.Length == 0
            ? eligible
            : [.. eligible.Where(member => asked.Names.Contains(member.Name.Value))];
        if (chosen.Length == 0)
        {
            throw new CtlException($"No '{asked.Role}' among provided members");
        }

        var names = string.Join(", ", chosen.Select(member => member.Name));
        if (!asked.Force
            && !await ctl.Prompts.ConfirmAsync($"Are you sure you want to {action} members {names}?", stop).ConfigureAwait(false))
        {
            throw new CtlException($"Aborted {action}");
        }

        return chosen;
    }

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
/// <param name="Force">Do not ask.</param>
internal sealed record MembersAsked(string Role, string[] Names, bool Force);
