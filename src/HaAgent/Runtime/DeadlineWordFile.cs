using System.Buffers.Binary;
using System.Globalization;
using System.IO.MemoryMappedFiles;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;

namespace HaAgent.Runtime;

/// <summary>The deadline word as a small mapped file in the run directory, one per data directory.</summary>
/// <remarks>
/// <para>Little-endian. 0: magic, 8 bytes. 8: protocol version, 4. 16: boot id, 16. 32: SHA-256 of the data
/// directory's path, 32. 64: lease id, 8. 128: the deadline in nanoseconds of CLOCK_BOOTTIME, 8; 0: disarmed; the
/// largest value: no deadline.</para>
/// <para>The deadline is one aligned word, so whoever maps the file sees the old one or the new one. A killed process
/// leaves it in the page cache: nothing needs to be flushed, and after a crash of the machine another boot id makes
/// it void.</para>
/// </remarks>
internal sealed unsafe class DeadlineWordFile : IDeadlineWord, IDisposable
{
    public const int Length = 4096;
    public const int ProtocolVersion = 1;
    public const int LeaseIdOffset = 64;
    public const int DeadlineOffset = 128;

    private const int VersionOffset = 8;
    private const int BootIdOffset = 16;
    private const int PathHashOffset = 32;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _bytes;

    private DeadlineWordFile(MemoryMappedFile file, string path)
    {
        _file = file;
        Path = path;
        _view = file.CreateViewAccessor(0, Length);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _bytes);
    }

    private static ReadOnlySpan<byte> Magic => "HAAGDEAD"u8;

    public string Path { get; }

    public Instant? Predecessor { get; private set; }

    /// <summary>The lease that the predecessor's deadline was derived from; 0 without one.</summary>
    public long PredecessorLeaseId { get; private set; }

    /// <param name="runDirectory">
    /// Survives the agent but need not survive the machine, e.g. <c>/run/haagent</c>.
    /// </param>
    /// <param name="bootId">Tests only; otherwise what the kernel says.</param>
    /// <exception cref="IOException">The run directory cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public static DeadlineWordFile Open(string runDirectory, string dataDirectory, Guid? bootId = null)
    {
        var path = System.IO.Path.Join(runDirectory, $"deadline-{DataDirectoryKey.Of(dataDirectory)}");
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite, // the guard reads it while we write
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        var stream = new FileStream(path, options);
        if (stream.Length < Length)
        {
            stream.SetLength(Length);
        }

        var word = new DeadlineWordFile(
            MemoryMappedFile.CreateFromFile(
                stream, null, Length, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false),
            path);
        word.Adopt(bootId ?? CurrentBootId(), DataDirectoryKey.Hash(dataDirectory));
        return word;
    }

    public void Write(Instant deadline, long leaseId)
    {
        Volatile.Write(ref *(long*)(_bytes + LeaseIdOffset), leaseId);
        Volatile.Write(ref *(long*)(_bytes + DeadlineOffset), ToNanoseconds(deadline));
    }

    public void Clear() => Volatile.Write(ref *(long*)(_bytes + DeadlineOffset), 0);

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    /// <summary>
    /// Takes over what a predecessor left, or begins anew when what is there is not its word for this boot.
    /// </summary>
    private void Adopt(Guid bootId, ReadOnlySpan<byte> pathHash)
    {
        var header = new Span<byte>(_bytes, LeaseIdOffset);
        Span<byte> expected = stackalloc byte[LeaseIdOffset];
        expected.Clear();
        Magic.CopyTo(expected);
        BinaryPrimitives.WriteInt32LittleEndian(expected[VersionOffset..], ProtocolVersion);
        bootId.TryWriteBytes(expected[BootIdOffset..]);
        pathHash.CopyTo(expected[PathHashOffset..]);
        if (header.SequenceEqual(expected))
        {
            var nanoseconds = Volatile.Read(ref *(long*)(_bytes + DeadlineOffset));
            Predecessor = nanoseconds > 0 ? FromNanoseconds(nanoseconds) : null;
            PredecessorLeaseId = Predecessor is null ? 0 : Volatile.Read(ref *(long*)(_bytes + LeaseIdOffset));
            return;
        }

        // Disarmed first: nobody may read a foreign deadline under our header.
        Clear();
        Volatile.Write(ref *(long*)(_bytes + LeaseIdOffset), 0);
        expected.CopyTo(header);
    }

    private static long ToNanoseconds(Instant deadline) =>
        deadline.Ticks > long.MaxValue / 100 ? long.MaxValue : Math.Max(1, deadline.Ticks * 100);

    private static Instant FromNanoseconds(long nanoseconds) =>
        nanoseconds == long.MaxValue ? Instant.Never : new(nanoseconds / 100);

    private static Guid CurrentBootId() =>
        Guid.Parse(File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim(), CultureInfo.InvariantCulture);
}
