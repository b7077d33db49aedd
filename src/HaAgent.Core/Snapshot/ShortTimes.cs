using System.Collections.Immutable;
using HaAgent.Core.Model;

namespace HaAgent.Core.Snapshot;

/// <summary>
/// May times below the peers' minimums be used? Only while every member whose key was seen in the last hour has said that it can
/// keep them. A peer that cannot would raise them in its own memory, and the members would judge each other by different times.
/// </summary>
/// <remarks>docs/adr/0012-short-ttls.md. A member that was not heard of, or a record that cannot be read, has not said so (S6).</remarks>
/// <param name="Others">The other members by name, as their keys last were.</param>
/// <param name="SoundSince">Since when all of them have said so; null: one has not, or the store has shown nothing.</param>
/// <param name="InForce">The short times are used, by this node as of now.</param>
public sealed record ShortTimes(ImmutableSortedDictionary<string, MemberSighting> Others, Instant? SoundSince, bool InForce)
{
    /// <summary>A member whose key is gone may come back as what it was.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromHours(1);

    /// <summary>Times that are still the longer ones are lowered after so many of their <c>ttl</c>.</summary>
    public const int SoundForTtls = 10;

    public static readonly ShortTimes Unknown =
        new(ImmutableSortedDictionary.Create<string, MemberSighting>(StringComparer.Ordinal), null, InForce: false);

    /// <summary>The first member by name that has not said that it can keep short times; nobody when all have.</summary>
    public NodeName Hindrance
    {
        get
        {
            foreach (var (name, sighting) in Others)
            {
                if (!sighting.CanKeep)
                {
                    return new(name);
                }
            }

            return NodeName.Nobody;
        }
    }

    /// <summary>When a leader may lower its times, if nothing is seen that speaks against it; null: something does.</summary>
    public Instant? LoweredAt(TimeSpan longerTtl) => SoundSince + (SoundForTtls * longerTtl);

    /// <summary>What the current picture adds. <see cref="NodeView.Settings"/> are those in force before it.</summary>
    public static ShortTimes After(NodeView v)
    {
        ArgumentNullException.ThrowIfNull(v);
        var before = v.Memory.ShortTimes;
        if (v.Cluster is not { } cluster)
        {
            // Silence proves nothing. What is in force stays; what is waited for must be seen to hold all the while.
            return before.InForce ? before : before with { SoundSince = null };
        }

        var seen = before with { Others = Seen(before.Others, cluster, v) };
        var sound = seen.Hindrance.IsNobody;
        seen = seen with { SoundSince = sound ? before.SoundSince ?? v.At : null };
        return seen with { InForce = v.Settings.Short is not null && sound && MayUse(v, cluster, seen) };
    }

    /// <summary>
    /// A leader lowers when it has seen long enough that all can. The others do when the leader says that it has, and not below it:
    /// nobody judges a leader by a shorter lease than it has. While nobody leads, what was in force stays.
    /// </summary>
    private static bool MayUse(NodeView v, ClusterState cluster, ShortTimes seen) => cluster.LeaderMember switch
    {
        null => seen.InForce,
        { } leader when leader.Name == v.Self => seen.InForce || v.At >= seen.LoweredAt(v.Settings.Ttl),
        { } leader => leader.ShortTtl <= v.Settings.Short?.Ttl, // false when it uses none
    };

    private static ImmutableSortedDictionary<string, MemberSighting> Seen(
        ImmutableSortedDictionary<string, MemberSighting> others, ClusterState cluster, NodeView v)
    {
        var updated = others.ToBuilder();
        foreach (var (name, sighting) in others)
        {
            if (v.At - sighting.LastSeen > Remembered)
            {
                updated.Remove(name);
            }
        }

        foreach (var member in cluster.Members)
        {
            if (member.Name != v.Self)
            {
                updated[member.Name.Value] = new(v.At, member.CanKeepShortTimes);
            }
        }

        return updated.ToImmutable();
    }
}

/// <param name="LastSeen">When the member's key was last there.</param>
/// <param name="CanKeep">What it then said.</param>
public readonly record struct MemberSighting(Instant LastSeen, bool CanKeep);
