using System.Globalization;
using HaAgent.Testing.Cluster;
using HaAgent.Testing.Processes;

namespace HaAgent.EndToEnd.Tests.GuardFigures;

/// <summary>A control group (version 1) with little more memory than its processes cannot do without.</summary>
/// <remarks>
/// A reader of a large file competes for the rest in it: program text and PostgreSQL's files are thrown out and read again.
/// Where no such group can be made there is no squeeze, and the figures say so. The machine's other processes are not touched.
/// </remarks>
internal sealed class MemorySqueeze : IAsyncDisposable
{
    private const string Root = "/sys/fs/cgroup/memory";
    private const string FileSize = "256M";

    private readonly string _folder;
    private ChildProcess? _reader;

    private MemorySqueeze(string folder) => _folder = folder;

    /// <summary>Null when this machine has none of these groups, or does not let us make one.</summary>
    public static MemorySqueeze? TryCreate()
    {
        var folder = Path.Combine(Root, $"haagent-test-{Environment.ProcessId}");
        try
        {
            if (!File.Exists(Path.Combine(Root, "memory.limit_in_bytes")))
            {
                return null;
            }

            Directory.CreateDirectory(folder);
            return new MemorySqueeze(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The agent, and all that it will start.</summary>
    public void Add(AgentProcess node) => Add(node.Agent.Pid);

    /// <summary>From the next use on, the files of the program count for who uses them, and not for who did before.</summary>
    public static async Task ForgetAsync(string program)
    {
        foreach (var file in AgentBinaries.FilesOfProgram(program))
        {
            (await Command.RunAsync("dd", [$"if={file}", "iflag=nocache", "count=0"], TimeSpan.FromSeconds(30))).OrThrow();
        }
    }

    /// <param name="spare">Bytes beyond what cannot be thrown out.</param>
    public void Begin(long spare, string folder)
    {
        Write("memory.limit_in_bytes", Needed() + spare);

        // It joins the group by itself, and before it writes the file: that is to be the group's.
        const string Script = "echo $$ >\"$1\" && head -c \"$2\" /dev/zero >\"$0\" && while :; do cat \"$0\" >/dev/null; done";
        var file = Path.Combine(folder, "squeeze");
        _reader = ChildProcess.Start(new ChildProcessSpec(
            "/bin/sh", ["-c", Script, file, Path.Combine(_folder, "cgroup.procs"), FileSize])
        {
            LogFile = file + ".log",
            Unprivileged = false,
        });
    }

    /// <summary>What the kernel counted: the limit, how often it was reached, and pages of files that had to be read again.</summary>
    public string Report() => string.Create(
        CultureInfo.InvariantCulture,
        $"memory limited to {Read("memory.limit_in_bytes") >> 20} MiB, limit reached {LimitReached()} times, "
            + $"{Statistic("total_pgmajfault")} major page faults, {Entry("memory.oom_control", "oom_kill")} processes ended for want of memory");

    /// <summary>How often something had to be thrown out, or could not be.</summary>
    public long LimitReached() => Read("memory.failcnt");

    public async ValueTask DisposeAsync()
    {
        if (_reader is not null)
        {
            await _reader.DisposeAsync();
        }

        // A group is removed when it is empty: whoever is left goes on outside.
        foreach (var pid in await File.ReadAllLinesAsync(Path.Combine(_folder, "cgroup.procs")))
        {
            if (LinuxProcesses.IsAlive(int.Parse(pid, CultureInfo.InvariantCulture)))
            {
                await File.WriteAllTextAsync(Path.Combine(Root, "cgroup.procs"), pid);
            }
        }

        Directory.Delete(_folder);
    }

    /// <summary>Neither page cache nor anything else that can be had again.</summary>
    private long Needed() => Read("memory.usage_in_bytes") - Statistic("total_cache") + Statistic("total_shmem");

    private void Add(int pid) => Write("cgroup.procs", pid);

    private void Write(string file, long value) =>
        File.WriteAllText(Path.Combine(_folder, file), value.ToString(CultureInfo.InvariantCulture));

    private long Read(string file) =>
        long.Parse(File.ReadAllText(Path.Combine(_folder, file)), CultureInfo.InvariantCulture);

    private long Statistic(string name) => Entry("memory.stat", name);

    private long Entry(string file, string name) => File.ReadLines(Path.Combine(_folder, file))
        .Select(line => line.Split(' '))
        .Where(words => words[0] == name)
        .Select(words => long.Parse(words[1], CultureInfo.InvariantCulture))
        .FirstOrDefault();
}
