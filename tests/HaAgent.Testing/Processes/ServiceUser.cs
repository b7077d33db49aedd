using System.Globalization;
using System.Runtime.InteropServices;

namespace HaAgent.Testing.Processes;

/// <summary>The unprivileged user that PostgreSQL and the agents run as. PostgreSQL refuses to run as root.</summary>
/// <remarks>When the tests run as root: the user <c>postgres</c>, which comes with the server's package. Otherwise the user we are.</remarks>
public static partial class ServiceUser
{
    private const string WhenRoot = "postgres";

    private static readonly Lazy<(int Uid, int Gid)> Ids = new(ReadIds);

    public static bool IsRoot { get; } = geteuid() == 0;

    public static string Name => IsRoot ? WhenRoot : Environment.UserName;

    /// <summary>What to put before a command so that it runs as this user; empty when it does anyway.</summary>
    public static IReadOnlyList<string> CommandPrefix { get; } = IsRoot
        ? ["setpriv", $"--reuid={WhenRoot}", $"--regid={WhenRoot}", "--init-groups", "--"]
        : [];

    /// <summary>Gives a file or folder to this user.</summary>
    public static void Own(string path)
    {
        if (IsRoot && chown(path, Ids.Value.Uid, Ids.Value.Gid) != 0)
        {
            throw new InvalidOperationException(
                $"Cannot give {path} to {WhenRoot}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    /// <summary>Creates a folder that belongs to this user.</summary>
    public static string CreateFolder(string path, UnixFileMode mode)
    {
        Directory.CreateDirectory(path);
        File.SetUnixFileMode(path, mode);
        Own(path);
        return path;
    }

    private static (int Uid, int Gid) ReadIds()
    {
        var entry = File.ReadLines("/etc/passwd")
            .Select(line => line.Split(':'))
            .FirstOrDefault(fields => fields[0] == WhenRoot)
            ?? throw new InvalidOperationException($"There is no user {WhenRoot}: install postgresql-15, or do not run as root.");
        return (int.Parse(entry[2], CultureInfo.InvariantCulture), int.Parse(entry[3], CultureInfo.InvariantCulture));
    }

#pragma warning disable IDE1006 // named as in libc
    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int geteuid();

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int chown(string path, int owner, int group);
#pragma warning restore IDE1006
}
