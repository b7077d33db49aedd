using HaAgent.Core.Snapshot;
using HaAgent.Guard;
using HaAgent.Postgres.Control;
using HaAgent.Postgres.Sql;
using HaAgent.Testing;
using Npgsql;

namespace HaAgent.Postgres.Tests;

public class A_probe
{
    /// <summary>
    /// The view is locked and the postmaster held: the question is never prepared, and the driver's request to cancel it
    /// hangs too. When that goes on it must not find a connection that was closed under it: this process would end.
    /// </summary>
    [Fact]
    public async Task That_was_given_up_before_its_question_was_prepared_harms_nobody()
    {
        await using var a = await TestServer.PrimaryAsync();
        await using var source = a.DataSource();
        await using var other = await source.OpenConnectionAsync(TestServer.Stop);
        await AskAsync(other, "SET allow_system_table_mods = on");
        await AskAsync(other, "BEGIN");
        await AskAsync(other, "ALTER VIEW pg_catalog.pg_stat_replication RENAME TO pg_stat_locked");

        await using var probe = a.NewProbe();
        var pidFile = PostmasterPidFile.TryRead(a.Options.DataDirectory);
        var asked = probe.AskAsync(pidFile, process: a, TestServer.In(1.9)); // the server itself gives up after 2 s
        await Eventually.HoldsAsync(
            "a new connection waits for the view",
            TestServer.Soon,
            async () =>
            {
                await AskAsync(other, "SELECT pg_stat_clear_snapshot()"); // a transaction sees one and the same picture otherwise
                return await AskAsync(
                    other, "SELECT count(*) FROM pg_stat_activity WHERE backend_start > now() AND wait_event_type = 'Lock'") is > 0L;
            },
            TestServer.Stop);
        using var postmaster = PidFd.TryOpen(a.Pid)!;
        postmaster.Send(PidFd.SigStop);
        Assert.IsType<SqlReading.Unknown>((await asked).Reading);

        postmaster.Send(PidFd.SigCont);
        await AskAsync(other, "ROLLBACK");
        Assert.IsType<SqlReading.Answered>((await probe.AskAsync(pidFile, process: a, TestServer.In(5))).Reading);
    }

    private static async Task<object?> AskAsync(NpgsqlConnection connection, string sql)
    {
#pragma warning disable CA2100 // the test's own SQL
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        return await command.ExecuteScalarAsync(TestServer.Stop);
    }
}
