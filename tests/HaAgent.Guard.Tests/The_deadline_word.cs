using HaAgent.Testing;

namespace HaAgent.Guard.Tests;

public class The_deadline_word
{
    private const long Deadline = 12_345_678_901_200;
    private const long Margin = 1_500_000_000;

    [Fact]
    public void Outlives_the_agent_that_wrote_it()
    {
        using var run = TempFolder.Create("run");
        using (var first = DeadlineWord.Open(run.Path, "/data/a"))
        {
            Assert.Null(first.Predecessor);
            Assert.True(first.TryArm(Deadline, Margin, leaseId: 77));
        }

        using var second = DeadlineWord.Open(run.Path, "/data/a");
        Assert.Equal((Deadline, Margin), (second.Predecessor, second.Margin));
        using var other = DeadlineWord.Open(run.Path, "/data/b");
        Assert.Null(other.Predecessor);
    }

    [Fact]
    public void Is_void_after_the_machine_was_booted_again()
    {
        using var run = TempFolder.Create("run");
        using (var before = DeadlineWord.Open(run.Path, "/data/a", Guid.NewGuid()))
        {
            before.TryArm(Deadline, Margin, leaseId: 77);
        }

        using var after = DeadlineWord.Open(run.Path, "/data/a", Guid.NewGuid());
        Assert.Null(after.Predecessor);
        Assert.Equal(WordState.Disarmed, after.State);
        Assert.Throws<IOException>(() => DeadlineWord.Watch(after.Path));
    }

    [Fact]
    public void Says_nothing_once_it_is_disarmed()
    {
        using var run = TempFolder.Create("run");
        using (var word = DeadlineWord.Open(run.Path, "/data/a"))
        {
            word.TryArm(Deadline, Margin, leaseId: 77);
            Assert.True(word.TryDisarm());
        }

        using var next = DeadlineWord.Open(run.Path, "/data/a");
        Assert.Null(next.Predecessor);
    }

    [Fact]
    public void Is_neither_extended_nor_disarmed_once_the_guard_has_fired()
    {
        using var run = TempFolder.Create("run");
        using var agent = DeadlineWord.Open(run.Path, "/data/a");
        agent.TryArm(Deadline, Margin, leaseId: 77);
        using var guard = DeadlineWord.Watch(agent.Path);
        Assert.True(guard.TryFire(Deadline));
        Assert.Equal(WordState.Fired, agent.State);
        Assert.False(agent.TryArm(Deadline * 2, Margin * 2, leaseId: 78));
        Assert.Equal(Margin, guard.Margin); // by which the server is being ended
        Assert.False(agent.TryDisarm());
        Assert.Equal(WordState.Fired, guard.State);
        agent.Reset();
        Assert.Equal(WordState.Disarmed, guard.State);
        Assert.True(agent.TryArm(Deadline * 2, Margin, leaseId: 78));
    }

    [Fact]
    public void Does_not_fire_on_a_deadline_that_was_moved_meanwhile()
    {
        using var run = TempFolder.Create("run");
        using var agent = DeadlineWord.Open(run.Path, "/data/a");
        agent.TryArm(Deadline, Margin, leaseId: 77);
        using var guard = DeadlineWord.Watch(agent.Path);
        var seen = guard.Deadline!.Value;
        agent.TryArm(Deadline + 1, Margin, leaseId: 77);
        Assert.False(guard.TryFire(seen));
        agent.TryDisarm();
        Assert.False(guard.TryFire(seen));
        Assert.Equal(WordState.Disarmed, agent.State);
    }

    [Fact]
    public void Is_fired_or_extended_but_never_both_when_agent_and_guard_meet()
    {
        using var run = TempFolder.Create("run");
        using var agent = DeadlineWord.Open(run.Path, "/data/a");
        using var guard = DeadlineWord.Watch(agent.Path);
        for (var i = 1; i <= 2000; i++)
        {
            agent.TryArm(i, Margin, leaseId: 1);
            var fired = false;
            using var gate = new Barrier(2);
            var firing = new Thread(() =>
            {
                gate.SignalAndWait(TestContext.Current.CancellationToken);
                fired = guard.TryFire(i);
            });
            firing.Start();
            gate.SignalAndWait(TestContext.Current.CancellationToken);
            var extended = agent.TryArm(1_000_000 + i, Margin, leaseId: 1);
            firing.Join();
            Assert.NotEqual(fired, extended);
            agent.Reset();
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(DeadlineWord.Length)]
    public void Is_begun_anew_over_garbage(int length)
    {
        using var run = TempFolder.Create("run");
        string path;
        using (var word = DeadlineWord.Open(run.Path, "/data/a"))
        {
            path = word.Path;
        }

        var garbage = new byte[length];
        new Random(7).NextBytes(garbage);
        File.WriteAllBytes(path, garbage);
        using (var word = DeadlineWord.Open(run.Path, "/data/a"))
        {
            Assert.Null(word.Predecessor);
            Assert.Equal((0, 0), word.Identity);
            word.TryArm(Deadline, Margin, leaseId: 1);
        }

        using var next = DeadlineWord.Open(run.Path, "/data/a");
        Assert.Equal(Deadline, next.Predecessor);
    }

    [Fact]
    public void Counts_though_an_agent_of_another_version_wrote_it()
    {
        using var run = TempFolder.Create("run");
        string path;
        using (var word = DeadlineWord.Open(run.Path, "/data/a"))
        {
            word.TryArm(Deadline, Margin, leaseId: 1);
            word.WatchedBy(4711);
            path = word.Path;
        }

        var bytes = File.ReadAllBytes(path);
        bytes[8]++; // the version
        File.WriteAllBytes(path, bytes);
        Assert.Throws<IOException>(() => DeadlineWord.Watch(path));
        using var next = DeadlineWord.Open(run.Path, "/data/a");
        Assert.Equal((Deadline, 4711), (next.Predecessor, next.GuardPid));
        using var guard = DeadlineWord.Watch(path);
        Assert.Equal(Deadline, guard.Deadline);
    }

    [Fact]
    public void Is_seen_at_once_by_whoever_maps_the_file_in_nanoseconds_of_boottime()
    {
        using var run = TempFolder.Create("run");
        using var word = DeadlineWord.Open(run.Path, "/data/a");
        word.TryArm(Deadline, Margin, leaseId: 5);
        var bytes = File.ReadAllBytes(word.Path);
        Assert.Equal(Deadline, BitConverter.ToInt64(bytes, DeadlineWord.WordOffset));
        Assert.Equal(5, BitConverter.ToInt64(bytes, DeadlineWord.LeaseIdOffset));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, new FileInfo(word.Path).UnixFileMode);
    }

    [Fact]
    public void Names_the_data_directory_as_the_kernel_does()
    {
        using var run = TempFolder.Create("run");
        var real = Directory.CreateDirectory(Path.Join(run.Path, "daten ä 1")).FullName;
        Directory.CreateSymbolicLink(Path.Join(run.Path, "link"), real);
        using var word = DeadlineWord.Open(run.Path, Path.Join(run.Path, "link"));
        Assert.Equal(real, System.Text.Encoding.UTF8.GetString(word.DataDirectory()));
    }

    [Fact]
    public void Is_the_same_by_every_path_to_the_data_directory()
    {
        using var run = TempFolder.Create("run");
        var real = Directory.CreateDirectory(Path.Join(run.Path, "real")).FullName;
        Directory.CreateSymbolicLink(Path.Join(run.Path, "link"), real);
        var key = DataDirectoryKey.Of(Path.Join(real, "not", "yet"));
        Assert.Equal(key, DataDirectoryKey.Of(Path.Join(run.Path, "link", "not", "yet")));
        Assert.Equal(key, DataDirectoryKey.Of(Path.Join(real, "x", "..", "not", "yet") + "/"));
        Directory.CreateDirectory(Path.Join(real, "not", "yet"));
        Assert.Equal(key, DataDirectoryKey.Of(Path.Join(run.Path, "link", "not", "yet")));
        Assert.NotEqual(key, DataDirectoryKey.Of(Path.Join(real, "not", "yet2")));
    }
}
