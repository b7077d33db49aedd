using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Simulation.Postgres;

/// <summary>What lies on the disk of one server: it outlives the server, the agent and the boot.</summary>
internal sealed class SimDirectory
{
    private ControlState _state;

    /// <summary>Differs from that of any other directory of this host.</summary>
    public ulong Inode { get; init; } = 1;

    /// <summary>Raised when the control file's state was written.</summary>
    public Action? ControlWritten { get; set; }

    public DirectoryContent Content { get; set; }
    public string SystemIdentifier { get; set; } = "";

    public ControlState State
    {
        get => _state;
        set
        {
            _state = value;
            ControlWritten?.Invoke();
        }
    }

    /// <summary>Of the control file; null until there is one.</summary>
    public CheckpointRecord? Checkpoint { get; set; }

    /// <summary>How far recovery must get before the content is consistent; null: no matter.</summary>
    public (Branch Branch, Lsn At)? MinimumRecoveryEnd { get; set; }

    public bool HasStandbySignal { get; set; }
    public bool HasBackupLabel { get; set; }
    public bool HasPromoteFile { get; set; }

    /// <summary>A rewind was broken off: no server will run on it.</summary>
    public bool IsBroken { get; set; }

    /// <summary>The branch that its WAL ends on; null when empty.</summary>
    public Branch? Branch { get; set; }

    /// <summary>Where its WAL on disk ends: what no crash takes away.</summary>
    public Lsn Flushed { get; set; }

    /// <summary>What is written but may be in the machine's memory only: lost with the machine, not with a process.</summary>
    public Lsn Written { get; set; }

    /// <summary>WAL before this was recycled.</summary>
    public Lsn Oldest { get; set; }

    /// <summary>The highest timeline of which it has a history file.</summary>
    public Timeline HighestKnown { get; set; }

    /// <summary>primary_conninfo; null: none.</summary>
    public string? UpstreamUrl { get; set; }

    /// <summary>primary_slot_name; null: none.</summary>
    public string? SlotName { get; set; }

    public SortedDictionary<string, SimSlot> Slots { get; } = new(StringComparer.Ordinal);

    /// <summary>The agent's file beside the directory: its creation was begun and not completed.</summary>
    public bool IsMarked { get; set; }

    /// <summary>The marker's second line: a server in it has accepted connections.</summary>
    public bool HasServed { get; set; }

    /// <summary>It was gone with its volume, and came back as it had been left.</summary>
    public bool CameBack { get; set; }

    public void Clear()
    {
        CameBack = false;
        Content = DirectoryContent.Empty;
        SystemIdentifier = "";
        _state = ControlState.StartingUp;
        Checkpoint = null;
        MinimumRecoveryEnd = null;
        HasStandbySignal = HasBackupLabel = HasPromoteFile = IsBroken = false;
        Branch = null;
        Flushed = Written = Oldest = Lsn.Unknown;
        HighestKnown = Timeline.Unknown;
        UpstreamUrl = SlotName = null;
        Slots.Clear();
    }

    public DataDirectory Read() => Content switch
    {
        DirectoryContent.Unreadable => new DataDirectory.Unreadable("Input/output error"),
        DirectoryContent.Partial when !IsMarked => new DataDirectory.Foreign("no control file"),
        DirectoryContent.Initialized when Checkpoint is null => new DataDirectory.Foreign("no checkpoint"),
        DirectoryContent.Initialized => new DataDirectory.Initialized(
            SystemIdentifier, _state, Checkpoint.Position, HasStandbySignal, HasBackupLabel, IsMarked, new(1, Inode))
        {
            Damaged = IsBroken,
        },
        _ => new DataDirectory.Empty(),
    };
}

internal enum DirectoryContent
{
    Empty,

    /// <summary>Being created, or left so: no control file yet.</summary>
    Partial,
    Initialized,

    /// <summary>An I/O error, or a wrong owner.</summary>
    Unreadable,
}

/// <summary>A physical replication slot.</summary>
internal sealed class SimSlot(string name)
{
    public string Name { get; } = name;

    /// <summary>WAL from here on is kept; unknown when lost.</summary>
    public Lsn Restart { get; set; }
    public bool IsLost { get; set; }

    /// <summary>The walsender that uses it; null: none.</summary>
    public WalStream? User { get; set; }
}
