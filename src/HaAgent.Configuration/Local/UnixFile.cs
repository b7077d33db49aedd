using System.Runtime.InteropServices;

namespace HaAgent.Configuration.Local;

/// <summary>What the platform's file API does not tell: kind and owner of a file, and what we may do with it.</summary>
/// <remarks>statx(2), whose record is laid out the same on every architecture.</remarks>
internal static partial class UnixFile
{
    private const int CurrentDirectory = -100;
    private const int DoNotFollowLinks = 0x100;
    private const uint BasicFields = 0x7ff;
    private const int GroupAndOthers = 0x3F;
    private const int Readable = 4;
    private const int Writable = 2;
    private const int Searchable = 1;

    private enum Kind { Other, Directory = 0x4000, Regular = 0x8000, Link = 0xA000 }

    public static uint EffectiveUser => GetEffectiveUserId();

    /// <summary>
    /// A file to read as a whole: no pipe, socket or device, from which reading could last for ever. Links are
    /// followed.
    /// </summary>
    public static bool IsRegular(string path) => Stat(path, followLinks: true) is { Kind: Kind.Regular };

    /// <summary>
    /// A real directory (not a link to one) that belongs to this user and that nobody else may enter.
    /// </summary>
    public static bool IsPrivateDirectory(string path) =>
        Stat(path, followLinks: false) is { Kind: Kind.Directory } found
        && found.Owner == EffectiveUser && (found.Mode & GroupAndOthers) == 0;

    public static bool MayCreateIn(string directory) => Access(directory, Writable | Searchable) == 0;

    public static bool MayRead(string path) => Access(path, Readable) == 0;

    private static (Kind Kind, uint Owner, int Mode)? Stat(string path, bool followLinks)
    {
        var error = StatX(CurrentDirectory, path, followLinks ? 0 : DoNotFollowLinks, BasicFields, out var found);
        return error == 0 ? ((Kind)(found.Mode & 0xF000), found.Owner, found.Mode & 0xFFF) : null;
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int directory, string path, int flags, uint mask, out StatRecord found);

    [LibraryImport("libc", EntryPoint = "access", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Access(string path, int mode);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUserId();

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatRecord
    {
        [FieldOffset(20)]
        public uint Owner;

        [FieldOffset(28)]
        public ushort Mode;
    }
}
