using System.Text.Json.Nodes;
using HaAgent.Core.Model;
using HaAgent.Core.Settings;
using HaAgent.Core.Snapshot;
using HaAgent.Postgres.Config;
using HaAgent.Postgres.Control;
using HaAgent.Postgres.Rejoin;
using HaAgent.Postgres.Sql;

namespace HaAgent.Postgres.Tests;

public class A_version
{
    [Theory]
    [InlineData("postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)\n", 150020)]
    [InlineData("postgres (PostgreSQL) 18beta1", 180000)]
    [InlineData("17\n", 170000)]
    public void Is_read_from_what_PostgreSQL_writes(string text, int number)
    {
        Assert.True(PostgresVersion.TryParse(text, out var version));
        Assert.Equal(number, version.Number);
    }

    [Fact]
    public void Has_the_capabilities_of_its_row()
    {
        Assert.False(new PostgresVersion(140011).Has(PostgresCapability.RewindConfigFile));
        Assert.True(new PostgresVersion(150000).Has(PostgresCapability.RewindConfigFile));
        Assert.False(new PostgresVersion(160001).Has(PostgresCapability.PromoteTriggerFile));
        Assert.All(Enum.GetValues<PostgresCapability>(), capability =>
            Assert.False(PostgresVersion.Unknown.Has(capability)));
        Assert.All(Enum.GetValues<PostgresCapability>(), capability =>
            Assert.Contains(CapabilityTable.Rows, row => row.Capability == capability));
        Assert.False(new PostgresVersion(120022).IsSupported);
        Assert.False(PostgresVersion.TryParse("nothing", out _));
    }
}
