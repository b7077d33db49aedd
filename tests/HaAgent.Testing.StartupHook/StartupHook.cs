using System.Globalization;

/// <summary>Runs in an agent before its <c>Main</c>, and fills its thread pool when told to.</summary>
/// <remarks>
/// <c>DOTNET_STARTUP_HOOKS</c> names this assembly; the runtime prescribes the class's name and that it has no namespace.
/// <c>HAAGENT_TEST_POOL</c> is the path of a named pipe. A number written there is that many work items, each of which
/// holds a pool thread until the writer closes the pipe; <c>all</c> is more than the pool has threads, and lets it have
/// no more. How many hold one at the moment is in the file of that name with <c>.running</c> behind it.
/// </remarks>
internal static class StartupHook
{
    private const int More = 1000;

    private static readonly Lock Gate = new();
    private static readonly ManualResetEvent Released = new(initialState: false);
    private static string _report = "";
    private static int _running;

    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable("HAAGENT_TEST_POOL") is { Length: > 0 } pipe)
        {
            _report = pipe + ".running";
            new Thread(() => Listen(pipe)) { IsBackground = true, Name = "startup hook" }.Start();
        }
    }

    private static void Listen(string pipe)
    {
        using var words = new StreamReader(new FileStream(pipe, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        var count = words.ReadLine() is var word && word == "all"
            ? LimitPool() + More
            : int.Parse(word!, CultureInfo.InvariantCulture); // the test opens the pipe to write a word
        for (var i = 0; i < count; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static _ => Hold(), null);
        }

        words.ReadToEnd();
        Released.Set();
    }

    /// <summary>No threads beyond those that the agent has asked for. How many these are.</summary>
    private static int LimitPool()
    {
        ThreadPool.GetMinThreads(out var workers, out _);
        ThreadPool.GetMaxThreads(out _, out var ports);
        ThreadPool.SetMaxThreads(workers, ports);
        return workers;
    }

    private static void Hold()
    {
        Report(+1);
        Released.WaitOne(); // not a task's wait: that one would make the pool grow by itself
        Report(-1);
    }

    private static void Report(int change)
    {
        lock (Gate)
        {
            _running += change;
            File.WriteAllText(_report, _running.ToString(CultureInfo.InvariantCulture));
        }
    }
}
