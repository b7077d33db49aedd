using System.Text.Json.Nodes;
using HaAgent.Core.Model;
using HaAgent.Core.Settings;
using HaAgent.Core.Snapshot;
using HaAgent.Postgres.Config;
using HaAgent.Postgres.Control;
using HaAgent.Postgres.Rejoin;
using HaAgent.Postgres.Sql;

namespace HaAgent.Postgres.Tests;

public class A_reading
{
    [Fact]
    public void Counts_as_changed_when_more_than_dates_and_positions_differ()
    {
        var answered = new SqlReading.Answered { AskedAt = new(1), InRecovery = true, Replayed = new(100) };
        var before = PostgresReading.Nothing with { Process = new ServerProcess.Running(1, new(0)), Sql = answered };

        Assert.False(ReadingBoard.Matters(
            before, before with { Sql = answered with { AskedAt = new(2), Replayed = new(200) } }));
        Assert.False(ReadingBoard.Matters(
            before with { Sql = new SqlReading.Unknown("a") }, before with { Sql = new SqlReading.Unknown("b") }));
        Assert.True(ReadingBoard.Matters(before, before with { Sql = answered with { InRecovery = false } }));
        Assert.True(ReadingBoard.Matters(before, before with { Sql = new SqlReading.Unknown("") }));
        Assert.True(ReadingBoard.Matters(before, before with { Process = new ServerProcess.None() }));
        Assert.True(ReadingBoard.Matters(before,
            before with
            {
                Sql =
                answered with { WalSenders = [new(1, "u", "b", null, "streaming", "async", 0, Lsn.Unknown)] }
            }));
    }

    [Fact]
    public void Is_not_overwritten_by_an_older_one_or_by_one_of_a_server_that_has_ended()
    {
        var board = new ReadingBoard();
        board.PostSql(new SqlReading.Answered { AskedAt = new(1), InRecovery = true }, 150000);
        Assert.IsType<SqlReading.Unknown>(board.Latest.Sql);
        board.Post(reading => reading with { Process = new ServerProcess.Running(1, new(0)) });
        board.PostSql(new SqlReading.Answered { AskedAt = new(5), InRecovery = false }, 150000);
        board.PostSql(new SqlReading.Answered { AskedAt = new(3), InRecovery = true }, 150000);
        Assert.False(board.Latest.InRecovery);
    }
}
