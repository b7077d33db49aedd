using System.Collections.Immutable;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Simulation.Postgres;

/// <summary>A stretch of WAL that one server wrote. Its number is a label: two servers may give the same one.</summary>
/// <param name="id">Of the run; for journals and for nobody to compare.</param>
/// <param name="parent">What it goes on from; null for the first of a cluster.</param>
/// <param name="from">Where it leaves its parent: everything of the parent before this is part of it.</param>
internal sealed class Branch(int id, Timeline number, Branch? parent, Lsn from, SimServer writer)
{
    private readonly List<CheckpointRecord> _checkpoints = [];

    public int Id { get; } = id;
    public Timeline Number { get; } = number;
    public Branch? Parent { get; } = parent;
    public Lsn From { get; } = from;
    public SimServer Writer { get; } = writer;

    /// <summary>By the run's time.</summary>
    public TimeSpan CreatedAt { get; } = writer.World.Time.Now;

    /// <summary>How far its writer has ever brought it to disk.</summary>
    public Lsn End { get; private set; } = from;

    public void Extend(Lsn end) => End = Lsn.Max(End, end);

    public void Add(CheckpointRecord checkpoint) => _checkpoints.Add(checkpoint);

    /// <summary>Whether WAL of this branch up to <paramref name="upTo"/> has all of the other's up to a position.</summary>
    public bool Includes(Branch other, Lsn position, Lsn upTo)
    {
        for (Branch? at = this; at is not null; at = at.Parent)
        {
            if (at == other)
            {
                return position <= upTo;
            }

            upTo = at.From < upTo ? at.From : upTo;
        }

        return false;
    }

    /// <summary>The branch that a position of this history lies on: an ancestor up to where it was left.</summary>
    public Branch Owner(Lsn position)
    {
        var at = this;
        while (at.Parent is { } parent && position <= at.From)
        {
            at = parent;
        }

        return at;
    }

    /// <summary>Where this, read up to <paramref name="end"/>, and the other part: the end of what both have.</summary>
    public (Branch Branch, Lsn At)? Fork(Lsn end, Branch other, Lsn otherEnd)
    {
        for (Branch? at = this; at is not null; at = at.Parent)
        {
            var limit = otherEnd;
            for (Branch? theirs = other; theirs is not null; theirs = theirs.Parent)
            {
                if (theirs == at)
                {
                    return (at, limit < end ? limit : end);
                }

                limit = theirs.From < limit ? theirs.From : limit;
            }

            end = at.From < end ? at.From : end;
        }

        return null;
    }

    /// <summary>The last checkpoint record that WAL up to <paramref name="end"/> has.</summary>
    public CheckpointRecord LastCheckpoint(Lsn end)
    {
        for (Branch? at = this; at is not null; at = at.Parent)
        {
            for (var i = at._checkpoints.Count - 1; i >= 0; i--)
            {
                if (at._checkpoints[i].End <= end)
                {
                    return at._checkpoints[i];
                }
            }

            end = at.From < end ? at.From : end;
        }

        throw new InvalidOperationException("a branch without a checkpoint");
    }

    /// <summary>The lines of its history file, oldest first. A fork that kept its number has none of its own.</summary>
    public ImmutableArray<HistoryLine> History()
    {
        var lines = new List<HistoryLine>();
        for (var at = this; at.Parent is { } parent; at = parent)
        {
            if (parent.Number != at.Number)
            {
                lines.Insert(0, new(parent.Number, at.From, "no recovery target specified", null, null));
            }
        }

        return [.. lines];
    }

    public override string ToString() => $"{Number}#{Id}";
}

/// <summary>A checkpoint in the WAL.</summary>
/// <param name="At">Where the record begins: what the control file names.</param>
/// <param name="End">Where the next record would begin.</param>
internal sealed record CheckpointRecord(Branch Branch, Lsn At, Lsn Redo, Lsn End)
{
    public const ulong Length = 120;

    public WalPosition Position => new(Branch.Number, At);
}
