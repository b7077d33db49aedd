using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Postgres.Control;
using HaAgent.Testing;

namespace HaAgent.Postgres.Tests;

/// <summary>
/// By what it has it is not consistent: it takes no connection before somebody has sent it the rest, and it has to be told who.
/// </summary>
public class A_standby_that_lacks_WAL
{
    [Fact]
    public async Task Of_its_base_backup_streams_once_told_from_whom_without_a_restart()
    {
        await using var a = await TestServer.PrimaryAsync();
        await using var b = await CloneAsync(a);
        Segments(b).ForEach(File.Delete);

        await StartInVainAsync(b, follow: null);

        await StreamsOnceToldAsync(b, a);
    }

    [Fact]
    public async Task Up_to_where_it_had_come_before_streams_once_told_from_whom_without_a_restart()
    {
        await using var a = await TestServer.PrimaryAsync();
        await using var b = await StoppedAheadOfItsWalAsync(a);

        await StartInVainAsync(b, follow: null);

        await StreamsOnceToldAsync(b, a);
    }

    [Fact]
    public async Task Streams_once_told_of_another_than_one_that_is_not_there()
    {
        await using var a = await TestServer.PrimaryAsync();
        await using var b = await StoppedAheadOfItsWalAsync(a);

        await StartInVainAsync(b, new Upstream(new("gone"), "postgres://127.0.0.1:1/postgres"));

        await StreamsOnceToldAsync(b, a);
    }

    private static async Task<TestServer> CloneAsync(TestServer a)
    {
        var b = await TestServer.OpenAsync("b", folder: a.Folder);
        try
        {
            TestServer.Succeeds(await a.Server.ChangeSlotsAsync([new SlotChange.CreatePhysical("b")], TestServer.Stop));
            TestServer.Succeeds(await b.Server.CloneAsync(a.Upstream, TestServer.Stop));
            return b;
        }
        catch
        {
            await b.DisposeAsync();
            throw;
        }
    }

    /// <summary>Its pages are of a moment that the WAL it still has does not reach.</summary>
    private static async Task<TestServer> StoppedAheadOfItsWalAsync(TestServer a)
    {
        var b = await a.ReplicaAsync("b");
        try
        {
            await a.AskAsync("SELECT pg_switch_wal(); CREATE TABLE late(); SELECT pg_switch_wal(); CREATE TABLE later()");
            var written = (await a.ProbeAsync()).Flushed;
            await Eventually.HoldsAsync("b has replayed it", TestServer.Soon, async () => (await b.ProbeAsync()).Replayed.Value >= written.Value, TestServer.Stop);
            await b.StopAsync();
            Segments(b).Skip(1).ToList().ForEach(File.Delete);
            return b;
        }
        catch
        {
            await b.DisposeAsync();
            throw;
        }
    }

    private static async Task StartInVainAsync(TestServer b, Upstream? follow)
    {
        var result = await b.Server.StartAsync(new(AsPrimary: false, follow), TestServer.In(30), TimeSpan.Zero, TestServer.Stop);
        Assert.Equal(StartOutcome.StillStarting, result.Outcome);
        await Eventually.HoldsAsync("b waits for WAL that it does not have", TestServer.Soon, () =>
            ProcScan.ChildTitles(b.Pid).Exists(title => title.Contains("startup waiting for", StringComparison.Ordinal)), TestServer.Stop);
        Assert.IsType<SqlReading.Rejecting>((await b.Server.ProbeAsync(TestServer.In(5), TestServer.Stop)).Sql);
    }

    private static async Task StreamsOnceToldAsync(TestServer b, TestServer a)
    {
        var pid = b.Pid;
        var plan = new ApplyPlan(IsPrimary: false, a.Upstream, Force: false, Starting: true);

        var told = await b.Server.ApplyAsync(plan, TestServer.Stop);

        Assert.Equal((true, true), (told.Done, told.Reloaded));
        await Eventually.HoldsAsync("b streams, and answers", TestServer.Soon, async () =>
            (await b.Server.ProbeAsync(TestServer.In(5), TestServer.Stop)).Sql is SqlReading.Answered { ReplicationState: "streaming" }, TestServer.Stop);
        Assert.Equal(pid, b.Pid);
        var again = await b.Server.ApplyAsync(plan with { Starting = false }, TestServer.Stop);
        Assert.True(again.Done, again.Detail);
    }

    private static List<string> Segments(TestServer server)
    {
        const int NameLength = 24;
        return [.. Directory.EnumerateFiles(Path.Combine(server.Options.DataDirectory, "pg_wal"))
            .Where(path => Path.GetFileName(path).Length == NameLength).Order(StringComparer.Ordinal)];
    }
}
