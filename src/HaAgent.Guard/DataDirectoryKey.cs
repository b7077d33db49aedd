using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace HaAgent.Guard;

/// <summary>What files in the run directory are named by: the data directory, by whatever path it was given.</summary>
/// <remarks>
/// By path and not by inode: the directory may not exist yet, and a clone replaces it while the agent that manages it
/// stays the same.
/// </remarks>
public static partial class DataDirectoryKey
{
    /// <summary>SHA-256 of the path with its symbolic links resolved.</summary>
    public static byte[] Hash(string dataDirectory) => SHA256.HashData(Encoding.UTF8.GetBytes(Resolve(dataDirectory)));

    /// <summary>Sixteen hexadecimal digits.</summary>
    public static string Of(string dataDirectory) => Convert.ToHexStringLower(Hash(dataDirectory).AsSpan(0, 8));

    public static string Resolve(string path)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var missing = "";
        for (var existing = full; ; existing = Path.GetDirectoryName(existing)!) // "/" exists, so this ends
        {
            if (RealPath(existing) is { } real)
            {
                return Path.TrimEndingDirectorySeparator(Path.Join(real, missing));
            }

            missing = Path.Join(Path.GetFileName(existing), missing);
        }
    }

    private static string? RealPath(string path)
    {
        var buffer = RealPath(path, IntPtr.Zero);
        if (buffer == IntPtr.Zero)
        {
            return path == "/" ? path : null;
        }

        var real = Marshal.PtrToStringUTF8(buffer);
        Free(buffer);
        return real;
    }

    [LibraryImport("libc", EntryPoint = "realpath", StringMarshalling = StringMarshalling.Utf8)]
    private static partial IntPtr RealPath(string path, IntPtr resolved);

    [LibraryImport("libc", EntryPoint = "free")]
    private static partial void Free(IntPtr memory);
}
