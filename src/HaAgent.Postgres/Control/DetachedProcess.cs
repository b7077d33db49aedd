using System.Runtime.InteropServices;
using System.Text;
using HaAgent.Guard;

namespace HaAgent.Postgres.Control;

/// <summary>
/// Starts a program in a session of its own, not as a child of this process, with its output in a file.
/// </summary>
/// <remarks>
/// <para>A managed process cannot fork: between fork and exec only async-signal-safe code may run. So
/// <c>posix_spawn</c> starts util-linux's <c>setsid --fork --wait</c>, which forks, and whose child begins a session
/// and becomes the program. The waiting setsid is killed as soon as the program is held by a pidfd; the program then
/// belongs to init and survives the agent.</para>
/// <para>It waits because that tells the pid beyond doubt: as long as setsid lives and the child is its child, the
/// number cannot have been reused. A fence must be able to reach a postmaster from its first instant, long before it
/// has written its pid file.</para>
/// <para><see cref="System.Diagnostics.Process"/> cannot do it: it has no output to files, and the runtime ignores
/// SIGPIPE, which PostgreSQL's children would inherit; here all dispositions and the signal mask are reset.</para>
/// </remarks>
internal static unsafe partial class DetachedProcess
{
    private const int AttributeRoom = 1024; // glibc: 336 bytes; musl: 336
    private const int FileActionsRoom = 512; // glibc: 80 bytes; musl: 80
    private const short SetSignalDefaults = 0x4;
    private const short SetSignalMask = 0x8;

    private const int NoHang = 1;

    /// <returns>The program, held; null when it ended before it could be (its output says why).</returns>
    /// <exception cref="IOException">setsid could not be started.</exception>
    public static HeldProcess? Start(
        string setsid, IReadOnlyList<string> program, IReadOnlyDictionary<string, string> environment,
            string outputFile, KernelEvents events)
    {
        List<string> arguments = ["setsid", "--fork", "--wait", .. program];
        using var argv = new NativeStrings(arguments);
        using var envp = new NativeStrings(
            [.. CleanEnvironment.Variables(environment).Select(variable => $"{variable.Key}={variable.Value}")]);
        var waiter = Spawn(setsid, argv, envp, outputFile);
        while (!HasEnded(waiter))
        {
            foreach (var pid in ProcScan.ChildrenOf(waiter))
            {
                if (HeldProcess.TryOpen(pid, events) is { } held)
                {
                    if (ProcScan.ChildrenOf(waiter).Contains(pid))
                    {
                        Kill(waiter);
                        return held;
                    }

                    held.Dispose();
                }
            }

            Thread.Sleep(1); // it has not forked yet
        }

        return null;
    }

    private static bool HasEnded(int waiter)
    {
        int status;
        return WaitPid(waiter, &status, NoHang) != 0;
    }

    private static void Kill(int waiter)
    {
        int status;
        _ = SendSignal(waiter, PidFd.SigKill); // our own child, not reaped yet: the number is its
        _ = WaitPid(waiter, &status, 0);
    }

    private static int Spawn(string setsid, NativeStrings argv, NativeStrings envp, string outputFile)
    {
        const int WriteOnly = 0x1, Create = 0x40, Append = 0x400;
        const int OwnerReadWrite = 0x180; // 0600
        var attributes = stackalloc byte[AttributeRoom];
        var actions = stackalloc byte[FileActionsRoom];
        var signals = stackalloc byte[128];
        Check(AttributesInit(attributes), "posix_spawnattr_init");
        Check(ActionsInit(actions), "posix_spawn_file_actions_init");
        try
        {
            _ = SignalsFill(signals);
            Check(AttributesSetDefaults(attributes, signals), "posix_spawnattr_setsigdefault");
            _ = SignalsClear(signals);
            Check(AttributesSetMask(attributes, signals), "posix_spawnattr_setsigmask");
            Check(AttributesSetFlags(attributes, SetSignalDefaults | SetSignalMask), "posix_spawnattr_setflags");
            Check(ActionsOpen(actions, 0, "/dev/null", 0, 0), "posix_spawn_file_actions_addopen");
            Check(ActionsOpen(actions, 1, outputFile, WriteOnly | Create | Append, OwnerReadWrite),
                "posix_spawn_file_actions_addopen");
            Check(ActionsDuplicate(actions, 1, 2), "posix_spawn_file_actions_adddup2");
            int pid;
            Check(PosixSpawn(&pid, setsid, actions, attributes, argv.Pointer, envp.Pointer),
                $"starting {setsid} with output to {outputFile}");
            return pid;
        }
        finally
        {
            _ = ActionsDestroy(actions);
            _ = AttributesDestroy(attributes);
        }
    }

    private static void Check(int error, string what)
    {
        if (error != 0)
        {
            throw new IOException($"{what} failed: {Marshal.GetPInvokeErrorMessage(error)}");
        }
    }

    /// <summary>A null-terminated array of C strings.</summary>
    private sealed class NativeStrings : IDisposable
    {
        private readonly nint[] _strings;

        public NativeStrings(IReadOnlyList<string> strings)
        {
            _strings = new nint[strings.Count + 1];
            Pointer = (nint*)NativeMemory.Alloc((nuint)_strings.Length, (nuint)sizeof(nint));
            for (var i = 0; i < strings.Count; i++)
            {
                var bytes = Encoding.UTF8.GetBytes(strings[i] + '\0');
                _strings[i] = (nint)NativeMemory.Alloc((nuint)bytes.Length);
                Marshal.Copy(bytes, 0, _strings[i], bytes.Length);
            }

            for (var i = 0; i < _strings.Length; i++)
            {
                Pointer[i] = _strings[i];
            }
        }

        public nint* Pointer { get; }

        public void Dispose()
        {
            foreach (var text in _strings)
            {
                NativeMemory.Free((void*)text);
            }

            NativeMemory.Free(Pointer);
        }
    }

    [LibraryImport("libc", EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int PosixSpawn(
        int* pid, string path, byte* actions, byte* attributes, nint* argv, nint* envp);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    private static partial int AttributesInit(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    private static partial int AttributesDestroy(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    private static partial int AttributesSetFlags(byte* attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    private static partial int AttributesSetDefaults(byte* attributes, byte* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    private static partial int AttributesSetMask(byte* attributes, byte* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    private static partial int ActionsInit(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    private static partial int ActionsDestroy(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addopen", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ActionsOpen(byte* actions, int descriptor, string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    private static partial int ActionsDuplicate(byte* actions, int descriptor, int copy);

    [LibraryImport("libc", EntryPoint = "sigfillset")]
    private static partial int SignalsFill(byte* signals);

    [LibraryImport("libc", EntryPoint = "sigemptyset")]
    private static partial int SignalsClear(byte* signals);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    private static partial int WaitPid(int pid, int* status, int options);
}
