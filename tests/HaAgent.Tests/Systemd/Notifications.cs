using System.Globalization;
using System.Net.Sockets;
using System.Text;
using HaAgent.Runtime;
using HaAgent.Guard;
using HaAgent.Systemd;
using HaAgent.Testing;
using HaAgent.Tests.Given;

namespace HaAgent.Tests.Systemd;

public class Notifications
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Reach_the_manager_on_either_kind_of_socket(bool isAbstract)
    {
        using var folder = TempFolder.Create("run");
        var name = isAbstract ? $"@haagent-test-{Guid.NewGuid():N}" : Path.Join(folder.Path, "notify");
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 20_000 };
        manager.Bind(new UnixDomainSocketEndPoint(isAbstract ? "\0" + name[1..] : name));
        using var notify = new SdNotify(name, "30000000");
        Assert.Equal(TimeSpan.FromSeconds(30), notify.WatchdogInterval);

        Assert.True(notify.Ready("primary, timeline 3"));
        Assert.Equal("READY=1\nSTATUS=primary, timeline 3", Receive(manager));
        var before = LinuxClock.Nanoseconds(LinuxClock.Monotonic) / 1000;
        Assert.True(notify.Reloading());
        var reloading = Receive(manager).Split('\n');
        Assert.Equal("RELOADING=1", reloading[0]);
        var at = long.Parse(reloading[1]["MONOTONIC_USEC=".Length..], CultureInfo.InvariantCulture);
        Assert.InRange(at, before, LinuxClock.Nanoseconds(LinuxClock.Monotonic) / 1000);
        Assert.True(notify.Status("two\nlines"));
        Assert.Equal("STATUS=two lines", Receive(manager));
        Assert.True(notify.Watchdog());
        Assert.Equal("WATCHDOG=1", Receive(manager));
        Assert.True(notify.Stopping("shutting down"));
        Assert.Equal("STOPPING=1\nSTATUS=shutting down", Receive(manager));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("relative")]
    [InlineData("/no/such/socket")]
    public void Are_no_matter_without_a_manager(string? name)
    {
        using var notify = new SdNotify(name, null);
        Assert.False(notify.Ready("nobody listens"));
        Assert.Null(notify.WatchdogInterval);
    }

    [Fact]
    public void Never_block_on_a_manager_that_does_not_read()
    {
        using var folder = TempFolder.Create("run");
        var name = Path.Join(folder.Path, "notify");
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(name));
        using var notify = new SdNotify(name, null);
        var sent = Enumerable.Range(0, 10_000).Count(_ => notify.Watchdog());
        Assert.InRange(sent, 1, 9_999);
    }

    [Fact]
    public void Of_life_wait_for_the_thread_pool_as_well_as_for_the_loop()
    {
        using var folder = TempFolder.Create("run");
        var name = Path.Join(folder.Path, "notify");
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(name));
        using var notify = new SdNotify(name, null);
        var pool = new Queue<Action>();
        var clock = new ManualClock();
        var sign = new SignOfLife(notify, clock, pool.Enqueue);

        sign.LoopHasTurned();
        Assert.Equal("WATCHDOG=1", Receive(manager));
        clock.Advance(TimeSpan.FromSeconds(6));
        sign.LoopHasTurned();
        sign.LoopHasTurned();
        Assert.Equal(0, manager.Available);
        Assert.Single(pool).Invoke();
        Assert.Equal(0, manager.Available);
        sign.LoopHasTurned();
        Assert.Equal("WATCHDOG=1", Receive(manager));
    }

    private static string Receive(Socket socket)
    {
        var buffer = new byte[4096];
        return Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer));
    }

    private sealed class ManualClock : TimeProvider
    {
        private long _now = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Advance(TimeSpan span) => _now += span.Ticks;

        public override long GetTimestamp() => _now;
    }
}
