using HaAgent.Core.Model;
using HaAgent.Core.Ports;

namespace HaAgent.Simulation.Postgres;

/// <summary>The sending side of a server: who streams from it, and what is kept for them.</summary>
internal sealed class WalSenders(ServerRun run)
{
    private readonly List<WalStream> _streams = [];

    public IReadOnlyList<WalStream> Streams => _streams;

    private SimDirectory Directory => run.Server.Directory;

    /// <summary>There is something new to send.</summary>
    public void Nudge(bool hurry = false)
    {
        foreach (var stream in _streams)
        {
            stream.Nudge(hurry);
        }
    }

    public bool AllHave(Lsn position) => _streams.TrueForAll(stream => stream.Flushed >= position);

    /// <summary>Why a standby that has WAL up to a position cannot stream from here; null: it can.</summary>
    public string? Refuses(SimServer standby, Branch branch, Lsn position, string? slotName)
    {
        if (Directory.SystemIdentifier != standby.Directory.SystemIdentifier)
        {
            return "the system identifiers differ";
        }

        if (branch.Number > Directory.Branch!.Number) // a server runs
        {
            return $"the highest timeline here is behind timeline {branch.Number}";
        }

        if (!Directory.Branch.Includes(branch, position, run.SendLimit))
        {
            return Directory.Branch == branch
                ? $"{position} is ahead of {run.SendLimit}"
                : $"{branch}:{position} is not in this server's history";
        }

        if (slotName is not null)
        {
            if (!Directory.Slots.TryGetValue(slotName, out var slot))
            {
                return $"there is no slot {slotName}";
            }

            if (slot.User is not null)
            {
                return $"slot {slotName} is in use";
            }

            if (slot.IsLost)
            {
                return $"slot {slotName} has lost its WAL";
            }
        }

        return position < Directory.Oldest ? $"the WAL at {position} was removed" : null;
    }

    public void Add(WalStream stream, string? slotName)
    {
        _streams.Add(stream);
        if (slotName is not null)
        {
            stream.Slot = Directory.Slots[slotName];
            stream.Slot.User = stream;
        }
    }

    /// <summary>The sending process has ended.</summary>
    public void Remove(WalStream stream)
    {
        if (_streams.Remove(stream))
        {
            Release(stream);
            run.Commits.CheckWaiting(); // another may be the first now
            run.Stop.CheckSenders();
        }
    }

    public void EndAll()
    {
        var streams = _streams.ToArray();
        _streams.Clear();
        foreach (var stream in streams)
        {
            Release(stream);
            stream.SenderEnded();
        }
    }

    /// <summary>A standby has told how far it is.</summary>
    public void NoteFlushed(WalStream stream)
    {
        if (stream.Slot is { IsLost: false } slot && stream.Flushed > slot.Restart)
        {
            slot.Restart = stream.Flushed;
        }

        run.Commits.CheckWaiting();
        run.Stop.CheckSenders();
    }

    /// <summary>After a checkpoint: WAL that nobody is promised goes.</summary>
    public void Recycle(Lsn redo)
    {
        var history = run.Server.History;
        var keep = redo.Value > history.WalKeep ? redo.Value - history.WalKeep : 0;
        foreach (var slot in Directory.Slots.Values)
        {
            if (slot.IsLost || !slot.Restart.IsKnown)
            {
                continue;
            }

            if (redo.Value > slot.Restart.Value && redo.Value - slot.Restart.Value > history.MaxSlotWalKeep)
            {
                slot.IsLost = true;
                slot.Restart = Lsn.Unknown;
                run.Server.World.Count("slot lost");
                run.Server.Write($"slot {slot.Name} has lost its WAL");
                if (slot.User is { } user)
                {
                    user.EndBySender();
                }
            }
            else
            {
                keep = Math.Min(keep, slot.Restart.Value);
            }
        }

        Directory.Oldest = Lsn.Max(Directory.Oldest, new(keep));
    }

    /// <returns>What is wrong; null: done.</returns>
    public string? Change(SlotChange change)
    {
        Directory.Slots.TryGetValue(change.Name, out var slot);
        switch (change)
        {
            case SlotChange.CreatePhysical when slot is null:
                Directory.Slots.Add(change.Name, new(change.Name) { Restart = Lsn.Max(Directory.Checkpoint!.Redo, Directory.Oldest) });
                return null;
            case SlotChange.Drop when slot?.User is not null:
                return "55006: it is in use";
            case SlotChange.Drop:
                Directory.Slots.Remove(change.Name);
                return null;
            case SlotChange.Advance when slot is null:
                return "42704: there is no such slot";
            case SlotChange.Advance when slot.User is not null:
                return "55006: it is in use";
            case SlotChange.Advance when slot.IsLost:
                return "55000: it has lost its WAL";
            case SlotChange.Advance advance when advance.To < slot.Restart:
                return $"22023: the least position is {slot.Restart}";
            case SlotChange.Advance advance:
                var limit = run.IsInRecovery ? run.Replayed : run.SendLimit;
                slot.Restart = advance.To < limit ? advance.To : limit;
                return null;
            default:
                return null; // it exists
        }
    }

    private static void Release(WalStream stream)
    {
        if (stream.Slot is { } slot && slot.User == stream)
        {
            slot.User = null;
        }
    }
}
