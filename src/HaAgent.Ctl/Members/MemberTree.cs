using HaAgent.Core.Model;

namespace HaAgent.Ctl.Members;

/// <summary>Members in the order of who replicates from whom (cli.md 5, topology).</summary>
internal static class MemberTree
{
    /// <summary>The names carry their indentation. Members that replicate from each other in a circle are left out.</summary>
    public static IEnumerable<ListedMember> Arrange(IReadOnlyList<ListedMember> members)
    {
        var root = members.FirstOrDefault(member => member.Role.EndsWith("leader", StringComparison.Ordinal));
        var replicas = members.Where(member => member != root).ToList();
        var names = replicas.Select(replica => new NodeName(replica.Name)).ToHashSet();
        var below = replicas.ToLookup(
            replica => names.Contains(replica.ReplicateFrom) ? replica.ReplicateFrom : NodeName.Nobody);
        var top = Below(NodeName.Nobody, level: 1, below);
        return root is null ? top : top.Prepend(root);
    }

    private static IEnumerable<ListedMember> Below(NodeName parent, int level, ILookup<NodeName, ListedMember> below) =>
        below[parent].SelectMany(member => Below(new(member.Name), level + 1, below)
            .Prepend(member with { Name = new string(' ', 2 * (level - 1)) + "+ " + member.Name }));
}
