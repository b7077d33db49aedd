using System.Text.Json.Nodes;
using HaAgent.Core.Model;
using HaAgent.Core.Settings;
using HaAgent.Core.Snapshot;
using HaAgent.Postgres.Config;
using HaAgent.Postgres.Control;
using HaAgent.Postgres.Rejoin;
using HaAgent.Postgres.Sql;

namespace HaAgent.Postgres.Tests;

public class A_control_file
{
    [Fact]
    public void That_is_torn_or_of_another_version_is_not_believed()
    {
        var bytes = new byte[8192];
        Assert.Null(PgControlFile.TryParse(bytes, out var problem));
        Assert.Contains("version 0", problem, StringComparison.Ordinal);
        BitConverter.TryWriteBytes(bytes.AsSpan(8), 1300u);
        BitConverter.TryWriteBytes(bytes.AsSpan(16), 6u);
        Assert.Null(PgControlFile.TryParse(bytes, out problem));
        Assert.Contains("checksum", problem, StringComparison.Ordinal);
        Assert.Null(PgControlFile.TryParse(bytes.AsSpan(0, 100), out _));
    }
}
