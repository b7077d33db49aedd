using System.Collections.Immutable;
using HaAgent.Core.Decision;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Duties;

/// <summary>A physical slot for each member on each node that may come to feed it; none for those long gone.</summary>
/// <remarks>Logical slots are nobody's here: they are neither made nor dropped.</remarks>
internal static class MemberSlotsDuty
{
    public static Duty? Due(NodeView v)
    {
        if (v.Job is not null || v.Memory.Fencing || v.Memory.HandOver is not null || v.Cluster is not { } cluster || v.Sql() is not { } sql
            || !v.Settings.UseSlots || !IsDue(v, sql, cluster))
        {
            return null;
        }

        return new Duty.ChangeSlots(Changes(v, sql, cluster));
    }

    /// <summary>Names whose slot is kept although the member may be gone: seen in the last <c>member_slots_ttl</c>.</summary>
    public static ImmutableSortedDictionary<string, Instant> Retained(NodeView v)
    {
        if (v.Cluster is not { } cluster || !v.HasLease())
        {
            return v.Memory.RetainedSlots;
        }

        var retained = v.Memory.RetainedSlots;
        if (retained.IsEmpty)
        {
            retained = retained.SetItems(cluster.Status.RetainSlots.Select(name => KeyValuePair.Create(name, v.At)));
        }

        retained = retained.SetItems(cluster.Members.Where(member => !member.Tags.NoStream).Select(member => KeyValuePair.Create(member.Name.SlotName(), v.At)));
        return retained.RemoveRange(retained.Where(entry => entry.Value + v.Settings.MemberSlotsTtl <= v.At).Select(entry => entry.Key));
    }

    public static ImmutableArray<SlotChange> Changes(NodeView v, SqlReading.Answered sql, ClusterState cluster)
    {
        var own = v.Self.SlotName();
        var wanted = Wanted(v, sql, cluster);
        var changes = ImmutableArray.CreateBuilder<SlotChange>();
        var present = sql.Slots.Where(slot => slot.IsPhysical).ToDictionary(slot => slot.Name);
        foreach (var slot in present.Values)
        {
            if (MayDrop(v, cluster) && !slot.Active && slot.Name != own && (slot.IsLost || !(wanted.Contains(slot.Name) || IsRetained(v, cluster, slot.Name))))
            {
                changes.Add(new SlotChange.Drop(slot.Name));
            }
        }

        foreach (var name in wanted)
        {
            if (!present.TryGetValue(name, out var slot) || slot.IsLost)
            {
                changes.Add(new SlotChange.CreatePhysical(name));
            }
            else if (sql.InRecovery && !slot.Active && cluster.Status.Slots.TryGetValue(name, out var target) && target > slot.Restart && target <= sql.Replayed)
            {
                changes.Add(new SlotChange.Advance(name, target));
            }
        }

        return changes.ToImmutable();
    }

    // On a primary at once when a member comes or goes; the rest once a cycle.
    private static bool IsDue(NodeView v, SqlReading.Answered sql, ClusterState cluster) =>
        (MemberRecordDuty.IsTime(v, v.Memory.SlotsCheckedAt)
            || (!sql.InRecovery && Wanted(v, sql, cluster).Any(name => !sql.Slots.Any(slot => slot.Name == name))
                && v.At >= (v.Memory.SlotsCheckedAt ?? default) + TimeSpan.FromSeconds(1)))
        && !Changes(v, sql, cluster).IsEmpty;

    private static SortedSet<string> Wanted(NodeView v, SqlReading.Answered sql, ClusterState cluster)
    {
        var everybody = v.Settings.MemberSlotsTtl > TimeSpan.Zero && !v.Settings.Tags.NoFailover;
        var members = cluster.Members.Where(member => member.Name != v.Self && !member.Tags.NoStream && member.ConnUrl is not null);
        var wanted = members.Where(member => everybody || IsFedByMe(v, sql, cluster, member)).Select(member => member.Name.SlotName());
        var names = new SortedSet<string>(wanted, StringComparer.Ordinal);
        names.Remove(v.Self.SlotName());
        return names;
    }

    private static bool IsFedByMe(NodeView v, SqlReading.Answered sql, ClusterState cluster, Member member)
    {
        var cascades = !member.Tags.ReplicateFrom.IsNobody && cluster.Find(member.Tags.ReplicateFrom) is not null;
        return member.Tags.ReplicateFrom == v.Self || (!cascades && !sql.InRecovery);
    }

    private static bool IsRetained(NodeView v, ClusterState cluster, string name) =>
        v.Memory.RetainedSlots.ContainsKey(name) || cluster.Status.RetainSlots.Contains(name);

    // Permanent and ignored slots are not managed by this version: where they are configured, nothing is dropped.
    private static bool MayDrop(NodeView v, ClusterState cluster) =>
        !v.Paused() && cluster.Leader is not null && !v.Settings.Unsupported.Any(setting => setting.Name.Contains("slots", StringComparison.Ordinal));
}
