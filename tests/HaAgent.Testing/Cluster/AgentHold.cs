using System.Globalization;
using System.Text;
using HaAgent.Testing.Processes;

namespace HaAgent.Testing.Cluster;

/// <summary>Two ways to hold up one agent from outside: the reader of its log hangs, its thread pool is full.</summary>
/// <remarks>
/// The pool needs a startup hook, which the published file does not load: the agent is the build's, of the same sources.
/// Nothing in it knows of this.
/// </remarks>
public sealed class AgentHold(string folder) : IAsyncDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private readonly string _poolPipe = Path.Combine(folder, "pool.pipe");
    private ChildProcess? _reader;
    private Fifo? _log;
    private Fifo? _pool;

    /// <summary>What the agent writes its log to.</summary>
    public string LogPipe { get; } = Path.Combine(folder, "agent.pipe");

    public string Program { get; } = AgentBinaries.BuiltAgent;

    /// <summary>Added to the agent's environment.</summary>
    public Dictionary<string, string?> Environment => new()
    {
        ["DOTNET_STARTUP_HOOKS"] = AgentBinaries.StartupHook,
        ["HAAGENT_TEST_POOL"] = _poolPipe,
    };

    /// <summary>Whether whoever writes to the log now waits.</summary>
    public bool IsLogBlocked => _log is { } log && !log.TryWrite("\n"u8);

    /// <summary>How many of the work items hold a thread of the agent's pool.</summary>
    public int ItemsInPool
    {
        get
        {
            var report = File.ReadAllText(_poolPipe + ".running");
            return report.Length == 0 ? 0 : int.Parse(report, CultureInfo.InvariantCulture); // empty: just being written
        }
    }

    /// <summary>Before the agent, once: the pipes, and who reads its log into the file.</summary>
    public void Prepare(string logFile)
    {
        Fifo.Create(LogPipe);
        Fifo.Create(_poolPipe);
        _reader = ChildProcess.Start(
            new ChildProcessSpec("cat", [LogPipe]) { LogFile = logFile, WorkingFolder = folder });
    }

    /// <summary>The reader of the log hangs, and the pipe to it is full.</summary>
    public async Task BlockLogAsync()
    {
        var reader = _reader ?? throw new InvalidOperationException("The agent was not started.");
        reader.Freeze();
        await Eventually.HoldsAsync(
            "the reader of the log stands still",
            Soon,
            () => LinuxProcesses.OfSession(reader.Pid).All(p => p.State == 'T')).ConfigureAwait(false);
        _log = Fifo.OpenForWriting(LogPipe);
        _log.Fill();
    }

    /// <summary>So many work items hold a thread of the agent's pool each, until <see cref="Release"/>.</summary>
    public async Task FillPoolAsync(int items)
    {
        QueueInPool(items.ToString(CultureInfo.InvariantCulture));
        await Eventually.HoldsAsync(
            $"{items} work items hold a thread of the pool", Soon, () => ItemsInPool == items).ConfigureAwait(false);
    }

    /// <summary>Every thread of the agent's pool is held, and it gets no more of them, until <see cref="Release"/>.</summary>
    /// <param name="threads">How many it has.</param>
    public async Task FillPoolWhollyAsync(int threads)
    {
        QueueInPool("all");
        await Eventually.HoldsAsync(
            "every thread of the pool is held", Soon, () => ItemsInPool == threads).ConfigureAwait(false);
    }

    /// <summary>Everything goes on as before.</summary>
    public void Release()
    {
        _pool?.Dispose();
        _log?.Dispose();
        (_pool, _log) = (null, null);
        _reader?.Thaw();
    }

    public async ValueTask DisposeAsync()
    {
        Release();
        if (_reader is not null)
        {
            await _reader.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void QueueInPool(string word)
    {
        _pool = Fifo.OpenForWriting(_poolPipe);
        _pool.TryWrite(Encoding.ASCII.GetBytes(word + "\n"));
    }
}
