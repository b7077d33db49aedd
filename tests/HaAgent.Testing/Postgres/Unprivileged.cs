using System.ComponentModel;
using System.Runtime.InteropServices;

namespace HaAgent.Testing.Postgres;

/// <summary>PostgreSQL refuses to run as root, and so does the agent: a test process started by root becomes the user postgres.</summary>
public static class Unprivileged
{
    private const string User = "postgres";
    private const int SetDumpable = 4;

    /// <summary>Drops to the user postgres for good when this process is root's. All its threads, by glibc.</summary>
    public static void Become()
    {
        if (geteuid() != 0)
        {
            return;
        }

        var entry = File.ReadLines("/etc/passwd").Select(line => line.Split(':')).FirstOrDefault(fields => fields[0] == User)
            ?? throw new InvalidOperationException("There is no user postgres: install a PostgreSQL server package.");
        var (uid, gid, home) = (uint.Parse(entry[2], null), uint.Parse(entry[3], null), entry[5]);
        Check(initgroups(User, gid), "initgroups");
        Check(setresgid(gid, gid, gid), "setresgid");
        Check(setresuid(uid, uid, uid), "setresuid");
        // Changing the user makes /proc/self root's; the runtime and the tests look into it.
        _ = prctl(SetDumpable, 1, 0, 0, 0);
        Environment.SetEnvironmentVariable("HOME", home);
        Environment.SetEnvironmentVariable("USER", User);
        Environment.SetEnvironmentVariable("LOGNAME", User);
        Directory.SetCurrentDirectory("/");
    }

    private static void Check(int result, string what)
    {
        if (result != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), what);
        }
    }

    [DllImport("libc")]
    private static extern uint geteuid();

    [DllImport("libc", SetLastError = true)]
    private static extern int initgroups(string user, uint group);

    [DllImport("libc", SetLastError = true)]
    private static extern int setresgid(uint real, uint effective, uint saved);

    [DllImport("libc", SetLastError = true)]
    private static extern int setresuid(uint real, uint effective, uint saved);

    [DllImport("libc")]
    private static extern int prctl(int option, nuint first, nuint second, nuint third, nuint fourth);
}
