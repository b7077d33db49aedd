using System.Collections.Concurrent;
using System.Collections.Immutable;
using HaAgent.Configuration.Options;
using HaAgent.Logging;
using HaAgent.Testing;
using HaAgent.Tests.Given;
using Microsoft.Extensions.Logging;

namespace HaAgent.Tests.Logging;

public class The_log
{
    [Fact]
    public void Never_blocks_its_callers_whatever_its_sink_does()
    {
        var sink = new SinkWithAGate();
        using var log = new AgentLog(new() { MaxQueueSize = 10 }, TimeProvider.System, sink);
        var logger = log.CreateLogger("HaAgent.Core");
        sink.Close();
        logger.LogInformation("0");
        sink.WaitUntilStuck();
        var slowest = TimeSpan.Zero;
        for (var i = 1; i <= 1000; i++)
        {
            var began = TimeProvider.System.GetTimestamp();
            logger.LogInformation("{Number}", i);
            var took = TimeProvider.System.GetElapsedTime(began);
            slowest = took > slowest ? took : slowest;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"slowest of 1000 calls beside a stuck sink: {slowest.TotalMilliseconds:0.000} ms");
        Assert.Equal((10, 990), (log.QueueLength, log.RecordsLost));
        Assert.False(log.Close(TimeSpan.FromMilliseconds(50)));
        sink.Open();
        Assert.True(log.Close(TimeSpan.FromSeconds(20)));
        Assert.Equal(12, sink.Lines.Count);
        Assert.EndsWith("WARNING: QueueHandler has lost 990 log records", sink.Lines.ElementAt(1), StringComparison.Ordinal);
    }

    [Fact]
    public void Writes_the_peers_plain_format()
    {
        var sink = new SinkWithAGate();
        using var log = new AgentLog(new(), new FixedClock(), sink);
        log.CreateLogger("HaAgent.Core").LogInformation("no action. I am ({Node})", "n1");
        log.CreateLogger("HaAgent.Core").LogDebug("not shown");
        log.CreateLogger("HaAgent.Core").LogCritical("it burns");
        log.CreateLogger("Microsoft.AspNetCore.Server.Kestrel").LogInformation("not shown");
        Assert.True(log.Close(TimeSpan.FromSeconds(20)));
        var local = new FixedClock().GetUtcNow().ToLocalTime();
        Assert.Equal(
            [
                $"{local:yyyy-MM-dd HH:mm:ss},042 INFO: no action. I am (n1)",
                $"{local:yyyy-MM-dd HH:mm:ss},042 CRITICAL: it burns",
            ],
            sink.Lines);
    }

    [Theory]
    [InlineData("%(levelname)-8s|%(name)s|%(message)s", null, "WARNING |HaAgent.Dcs|hello")]
    [InlineData("%(levelno)05d %(msecs)03d 100%% %(message)s", null, "00030 042 100% hello")]
    [InlineData("%(asctime)s.%(msecs)d %(message)s", "%Y/%m/%d", "2026/01/31.42 hello")]
    [InlineData("%(nonsense)s", null, null)]
    [InlineData("%(message", null, null)]
    public void Understands_the_formats_of_configuration_files(string format, string? dateFormat, string? expected)
    {
        var sink = new SinkWithAGate();
        using var log = new AgentLog(new() { Format = format, DateFormat = dateFormat }, new FixedClock(), sink);
        log.CreateLogger("HaAgent.Dcs").LogWarning("hello");
        Assert.True(log.Close(TimeSpan.FromSeconds(20)));
        if (expected is not null)
        {
            Assert.Equal(expected, Assert.Single(sink.Lines));
        }
        else
        {
            Assert.Contains("log.format", sink.Lines.First(), StringComparison.Ordinal);
            Assert.EndsWith("WARNING: hello", sink.Lines.Last(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Leaves_out_heartbeats_that_repeat_when_told_to()
    {
        var sink = new SinkWithAGate();
        using var log = new AgentLog(
            new() { DeduplicateHeartbeats = true, Format = "%(message)s" }, TimeProvider.System, sink);
        var heartbeat = log.CreateLogger(LoggerNames.Heartbeat);
        foreach (var line in (string[])["no action. a", "no action. a", "promoted", "no action. a"])
        {
            heartbeat.LogInformation("{Line}", line);
            log.CreateLogger("HaAgent.Core").LogInformation("same");
        }

        Assert.True(log.Close(TimeSpan.FromSeconds(20)));
        Assert.Equal(["no action. a", "same", "same", "promoted", "same", "no action. a", "same"], sink.Lines);
    }

    [Fact]
    public void Names_the_owner_of_the_lock_only_when_something_was_done()
    {
        var sink = new SinkWithAGate();
        using var log = new AgentLog(new() { Format = "%(message)s" }, TimeProvider.System, sink);
        var heartbeat = log.CreateLogger(LoggerNames.Heartbeat);
        foreach (var line in (string[])["Lock owner: a; I am b", "no action. I am (b)", "Lock owner: a; I am b", "following a"])
        {
            heartbeat.LogInformation("{Line}", line);
        }

        Assert.True(log.Close(TimeSpan.FromSeconds(20)));
        Assert.Equal(["no action. I am (b)", "Lock owner: a; I am b", "following a"], sink.Lines);
    }

    [Fact]
    public void Takes_levels_by_category_and_follows_changes()
    {
        var sink = new SinkWithAGate();
        var options = new LogOptions
        {
            Format = "%(message)s",
            Level = LogLevel.Error,
            Loggers = ImmutableDictionary<string, LogLevel>.Empty.Add("patroni.dcs", LogLevel.Debug),
        };
        using var log = new AgentLog(options, TimeProvider.System, sink);
        var dcs = log.CreateLogger("HaAgent.Dcs.Etcd");
        var core = log.CreateLogger("HaAgent.Core.Loop");
        dcs.LogDebug("dcs debug");
        core.LogInformation("core info");
        log.Apply(options with { Level = LogLevel.Information });
        core.LogInformation("core info again");
        Assert.True(log.Close(TimeSpan.FromSeconds(20)));
        Assert.Equal(["dcs debug", "core info again"], sink.Lines);
    }

    [Fact]
    public void Shows_the_trace_or_only_the_text_of_an_exception()
    {
        foreach (var traceback in (bool[])[true, false])
        {
            var sink = new SinkWithAGate();
            using var log = new AgentLog(
                new() { Format = "%(message)s", TracebackAtDebugOnly = !traceback }, TimeProvider.System, sink);
            log.CreateLogger("HaAgent.Core").LogError(new InvalidOperationException("boom"), "failed");
            Assert.True(log.Close(TimeSpan.FromSeconds(20)));
            Assert.Equal(traceback ? "failed\nSystem.InvalidOperationException: boom" : "failed, DETAIL: 'boom'", Assert.Single(sink.Lines));
        }
    }

    [Fact]
    public void Goes_to_a_file_that_is_rotated()
    {
        using var folder = TempFolder.Create("run");
        using (var log = new AgentLog(
            new() { Directory = folder.Path, Format = "%(message)s", FileSize = 100, FileCount = 2 }, TimeProvider.System))
        {
            for (var i = 0; i < 10; i++)
            {
                log.CreateLogger("HaAgent.Core").LogInformation("{Line}", new string((char)('a' + i), 59));
            }

            Assert.True(log.Close(TimeSpan.FromSeconds(20)));
        }

        Assert.Equal(
            ["patroni.log j", "patroni.log.1 i", "patroni.log.2 h"],
            Directory.GetFiles(folder.Path).Order().Select(f => $"{Path.GetFileName(f)} {File.ReadAllText(f)[0]}"));
    }

    [Fact]
    public void Survives_a_directory_that_cannot_be_written()
    {
        using var log = new AgentLog(new() { Directory = "/proc/no-such-place" }, TimeProvider.System);
        log.CreateLogger("HaAgent.Core").LogInformation("lost");
        Assert.True(log.Close(TimeSpan.FromSeconds(20)));
        Assert.Equal(1, log.RecordsLost);
    }

    private sealed class FixedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 1, 31, 12, 0, 0, 42, TimeSpan.Zero);
    }

    /// <summary>A sink that can be stuck.</summary>
    private sealed class SinkWithAGate : LogSink
    {
        private readonly ManualResetEventSlim _gate = new(true);
        private readonly ManualResetEventSlim _stuck = new();

        public ConcurrentQueue<string> Lines { get; } = [];

        public void Close() => _gate.Reset();

        public void Open() => _gate.Set();

        public void WaitUntilStuck() => Assert.True(_stuck.Wait(TimeSpan.FromSeconds(20)), "waited for the writer to reach the sink");

        public override void Write(string line)
        {
            if (!_gate.IsSet)
            {
                _stuck.Set();
                _gate.Wait(TestContext.Current.CancellationToken);
            }

            Lines.Enqueue(line);
        }

        public override void Flush()
        {
        }

        public override void Dispose()
        {
        }
    }
}
