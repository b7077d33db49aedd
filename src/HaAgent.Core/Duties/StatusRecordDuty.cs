using HaAgent.Core.Contracts.Records;
using HaAgent.Core.Decision;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Duties;

/// <summary>The leader's word on positions, once a cycle and only when it changed.</summary>
internal static class StatusRecordDuty
{
    public static Duty? Due(NodeView v)
    {
        if (!v.HasLease() || !v.HasKey() || v.Sql() is not { InRecovery: false, Flushed.IsKnown: true } sql || v.Job is not null)
        {
            return null;
        }

        if (!MemberRecordDuty.IsTime(v, v.Memory.StatusWrittenAt))
        {
            return null;
        }

        var own = v.Self.SlotName();
        var slots = sql.Slots
            .Where(slot => slot is { IsPhysical: true, Restart.IsKnown: true } && slot.Name != own)
            .Select(slot => KeyValuePair.Create(slot.Name, slot.Restart))
            .Append(KeyValuePair.Create(own, sql.Flushed));
        var json = StatusRecordWriter.Write(
            sql.Flushed, v.Settings.MemberSlotsTtl > TimeSpan.Zero ? slots : [], v.Memory.RetainedSlots.Keys);
        return json == v.Cluster!.Status.Raw ? null : new Duty.WriteStatus(json); // HasKey implies an answer
    }
}
