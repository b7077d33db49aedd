using System.Buffers.Binary;
using System.Globalization;
using System.IO.MemoryMappedFiles;
using System.Text;

namespace HaAgent.Guard;

/// <summary>
/// Until when the server of one data directory may be writable: one 64-bit word in a small mapped file in the run
/// directory, shared by the agent, which extends it, and the guard, which acts on it.
/// </summary>
/// <remarks>
/// <para>Little-endian. 0: magic, 8 bytes. 8: protocol version, 4. 16: boot id, 16. 32: SHA-256 of the data
/// directory's path, 32. 64: lease id, 8. 72: margin in nanoseconds, 8. 80: device, 8. 88: inode, 8. 96: the agent's
/// pid, 8, and 104: its start time, 8. 112: the guard's pid, 4, 116: its version, 4, and 120: when it last looked, in
/// nanoseconds, 8. 128: <b>the word</b>, 8. 512: length of the data directory's path, 4, and its bytes.</para>
/// <para>The word: 0 disarmed; -1 fired; else the deadline in nanoseconds of CLOCK_BOOTTIME. It is changed by
/// compare-and-swap alone: the agent can never extend a deadline on which the guard has acted, and the guard never
/// acts on one that was extended meanwhile. The places of magic, boot id, guard and word are the same in every
/// version of the protocol.</para>
/// <para>A killed process leaves the file in the page cache: nothing needs to be flushed, and after a crash of the
/// machine another boot id makes it void. All members may be called from any thread; none allocates after
/// <see cref="Open"/>.</para>
/// </remarks>
public sealed unsafe class DeadlineWord : IDisposable
{
    public const int Length = 8192;
    public const int ProtocolVersion = 2;
    public const int LeaseIdOffset = 64;
    public const int WordOffset = 128;

    private const int VersionOffset = 8;
    private const int BootIdOffset = 16;
    private const int PathHashOffset = 32;
    private const int MarginOffset = 72;
    private const int DeviceOffset = 80;
    private const int InodeOffset = 88;
    private const int AgentPidOffset = 96;
    private const int AgentStartOffset = 104;
    private const int GuardPidOffset = 112;
    private const int GuardLookOffset = 120;
    private const int PathOffset = 512;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _bytes;

    private DeadlineWord(MemoryMappedFile file, string path)
    {
        _file = file;
        Path = path;
        _view = file.CreateViewAccessor(0, Length);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _bytes);
    }

    public string Path { get; }

    /// <summary>What an agent that was here before has left: nanoseconds of CLOCK_BOOTTIME; null when disarmed or fired.</summary>
    public long? Predecessor { get; private set; }

    public WordState State => WordRules.StateOf(Word);

    /// <summary>Nanoseconds of CLOCK_BOOTTIME; null unless armed.</summary>
    public long? Deadline => Word is > 0 and var deadline ? deadline : null;

    /// <summary>Nanoseconds from the deadline to the lease's end.</summary>
    public long Margin => Volatile.Read(ref At(MarginOffset));

    /// <summary>Device and inode of the data directory; zeros while not known.</summary>
    public (long Device, long Inode) Identity => (Volatile.Read(ref At(DeviceOffset)), Volatile.Read(ref At(InodeOffset)));

    /// <summary>The agent that keeps the word, and when it started (clock ticks since boot); zeros without one.</summary>
    public (int Pid, long StartTicks) Agent
    {
        get => ((int)Volatile.Read(ref At(AgentPidOffset)), Volatile.Read(ref At(AgentStartOffset)));
        set
        {
            Volatile.Write(ref At(AgentPidOffset), 0);
            Volatile.Write(ref At(AgentStartOffset), value.StartTicks);
            Volatile.Write(ref At(AgentPidOffset), value.Pid);
        }
    }

    /// <summary>The guard that watches the word; 0 when none ever did.</summary>
    public int GuardPid => (int)Volatile.Read(ref At(GuardPidOffset));

    /// <summary>The version of the protocol that this guard speaks.</summary>
    public int GuardVersion => (int)(Volatile.Read(ref At(GuardPidOffset)) >> 32);

    /// <summary>When the guard last looked at the word, nanoseconds of CLOCK_BOOTTIME.</summary>
    public long GuardLookedAt
    {
        get => Volatile.Read(ref At(GuardLookOffset));
        set => Volatile.Write(ref At(GuardLookOffset), value);
    }

    private static ReadOnlySpan<byte> Magic => "HAAGDEAD"u8;

    private long Word => Volatile.Read(ref At(WordOffset));

    /// <summary>The agent's: adopts what a predecessor left for this data directory in this boot, or begins anew.</summary>
    /// <param name="runDirectory">
    /// Survives the agent but need not survive the machine, e.g. <c>/run/haagent</c>.
    /// </param>
    /// <param name="bootId">Tests only; otherwise what the kernel says.</param>
    /// <exception cref="IOException">The run directory cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public static DeadlineWord Open(string runDirectory, string dataDirectory, Guid? bootId = null)
    {
        var path = System.IO.Path.Join(runDirectory, $"deadline-{DataDirectoryKey.Of(dataDirectory)}");
        var word = Map(path, FileMode.OpenOrCreate);
        word.Adopt(bootId ?? CurrentBootId(), DataDirectoryKey.Hash(dataDirectory), dataDirectory);
        return word;
    }

    /// <summary>The guard's: an existing word of this boot and protocol.</summary>
    /// <exception cref="IOException">There is none, or it is not of this boot and protocol version.</exception>
    public static DeadlineWord Watch(string path)
    {
        if (new FileInfo(path) is not { Exists: true, Length: Length })
        {
            throw new IOException($"{path} is no deadline word");
        }

        var word = Map(path, FileMode.Open);
        var header = new ReadOnlySpan<byte>(word._bytes, LeaseIdOffset);
        Span<byte> expected = stackalloc byte[PathHashOffset];
        Header(expected, CurrentBootId());
        if (header[..PathHashOffset].SequenceEqual(expected))
        {
            return word;
        }

        word.Dispose();
        throw new IOException($"{path} is no deadline word of this boot and of version {ProtocolVersion}");
    }

    /// <summary>Before anything can become writable under it, and after each confirmed renewal.</summary>
    /// <param name="deadline">Nanoseconds of CLOCK_BOOTTIME, above zero.</param>
    /// <param name="margin">Nanoseconds from the deadline to the lease's end.</param>
    /// <param name="leaseId">For whoever reads the file by hand: which lease the deadline was derived from; 0 without one.</param>
    /// <returns>False when the guard has fired: the word stays as it is.</returns>
    public bool TryArm(long deadline, long margin, long leaseId)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(deadline);
        if (State == WordState.Fired)
        {
            return false; // the guard ends the server by the margin and the lease that it has fired for
        }

        Volatile.Write(ref At(LeaseIdOffset), leaseId);
        Volatile.Write(ref At(MarginOffset), margin);
        return WordRules.TrySet(ref At(WordOffset), deadline);
    }

    /// <summary>No client backend is left and none can come, or the operator has paused the cluster.</summary>
    /// <returns>False when the guard has fired: the word stays as it is.</returns>
    public bool TryDisarm() => WordRules.TrySet(ref At(WordOffset), WordRules.Disarmed);

    /// <summary>The guard's: from now on it watches, and who watched before goes.</summary>
    public void WatchedBy(int pid, int version = ProtocolVersion) =>
        Volatile.Write(ref At(GuardPidOffset), ((long)version << 32) | (uint)pid);

    /// <summary>The guard's: the deadline has come. False when it was moved meanwhile.</summary>
    public bool TryFire(long deadline) => WordRules.TryFire(ref At(WordOffset), deadline);

    /// <summary>After a firing, once no process of the data directory is left.</summary>
    public void Reset() => WordRules.Reset(ref At(WordOffset));

    /// <summary>Tells what else the data directory can be known by, when a disk has been asked.</summary>
    public void Identify(long device, long inode)
    {
        Volatile.Write(ref At(DeviceOffset), device);
        Volatile.Write(ref At(InodeOffset), inode);
    }

    /// <summary>The data directory's canonical path as the kernel writes it, without a terminator.</summary>
    public ReadOnlySpan<byte> DataDirectory()
    {
        var length = *(int*)(_bytes + PathOffset);
        return new(_bytes + PathOffset + sizeof(int), Math.Clamp(length, 0, Length - PathOffset - sizeof(int)));
    }

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    private ref long At(int offset) => ref *(long*)(_bytes + offset);

    private static DeadlineWord Map(string path, FileMode mode)
    {
        var options = new FileStreamOptions
        {
            Mode = mode,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite, // agent and guard have it open together
        };
        if (mode != FileMode.Open)
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        var stream = new FileStream(path, options);
        try
        {
            Fill(stream);
        }
        catch (IOException)
        {
            stream.Dispose();
            throw;
        }

        return new DeadlineWord(
            MemoryMappedFile.CreateFromFile(
                stream, null, Length, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false),
            path);
    }

    private static void Fill(FileStream stream)
    {
        if (stream.Length < Length)
        {
            // Written, not only sized: a memory file system that is full says so here, and not by a signal later on.
            stream.Seek(0, SeekOrigin.End);
            stream.Write(new byte[Length - stream.Length]);
            stream.Flush();
        }
    }

    /// <summary>
    /// Takes over what a predecessor left, or begins anew when what is there is not its word for this boot.
    /// </summary>
    private void Adopt(Guid bootId, ReadOnlySpan<byte> pathHash, string dataDirectory)
    {
        var header = new Span<byte>(_bytes, LeaseIdOffset);
        Span<byte> expected = stackalloc byte[LeaseIdOffset];
        expected.Clear();
        Header(expected, bootId);
        pathHash.CopyTo(expected[PathHashOffset..]);

        // Another version's word counts all the same, and its guard goes on until it is replaced.
        var version = header.Slice(VersionOffset, sizeof(int));
        version.CopyTo(expected[VersionOffset..]);
        var known = header.SequenceEqual(expected);
        Header(expected, bootId);
        if (known)
        {
            Predecessor = Deadline;
        }
        else
        {
            // Disarmed first: nobody may read a foreign deadline under our header.
            Interlocked.Exchange(ref At(WordOffset), WordRules.Disarmed);
            new Span<byte>(_bytes + LeaseIdOffset, WordOffset - LeaseIdOffset).Clear();
        }

        WritePath(dataDirectory);
        expected.CopyTo(header);
    }

    private void WritePath(string dataDirectory)
    {
        var bytes = Encoding.UTF8.GetBytes(DataDirectoryKey.Resolve(dataDirectory));
        if (bytes.Length > Length - PathOffset - sizeof(int))
        {
            throw new IOException($"The path of the data directory is longer than a deadline word can hold: {dataDirectory}");
        }

        *(int*)(_bytes + PathOffset) = bytes.Length;
        bytes.CopyTo(new Span<byte>(_bytes + PathOffset + sizeof(int), bytes.Length));
    }

    private static void Header(Span<byte> header, Guid bootId)
    {
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header[VersionOffset..], ProtocolVersion);
        bootId.TryWriteBytes(header[BootIdOffset..]);
    }

    private static Guid CurrentBootId() =>
        Guid.Parse(File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim(), CultureInfo.InvariantCulture);
}
