using System.Text.Json.Nodes;
using HaAgent.Core.Model;
using HaAgent.Core.Settings;
using HaAgent.Core.Snapshot;
using HaAgent.Postgres.Config;
using HaAgent.Postgres.Control;
using HaAgent.Postgres.Rejoin;
using HaAgent.Postgres.Sql;

namespace HaAgent.Postgres.Tests;

public class A_parameter_catalogue
{
    private static readonly ParameterCatalog Full = ParameterCatalog.FromServer(
    [
        new("work_mem", "integer", "kB", "64", "2147483647", [], "user"),
        new("checkpoint_completion_target", "real", null, "0", "1", [], "sighup"),
        new("vacuum_cost_delay", "real", "ms", "0", "100", [], "user"),
        new("wal_compression", "enum", null, null, null, ["pglz", "on", "off"], "superuser"),
        new("fsync", "bool", null, null, null, [], "sighup"),
        new("block_size", "integer", null, "8192", "8192", [], "internal"),
        new("DateStyle", "string", null, null, null, [], "user"),
    ]);

    [Theory]
    [InlineData("work_mem", "16MB", "16MB", null)]
    [InlineData("work_mem", "1kB", "64", "Value=1kB of parameter=work_mem is too low, increasing to 64kB")]
    [InlineData("WORK_MEM", "9999GB", "2147483647",
        "Value=9999GB of parameter=work_mem is too big, decreasing to 2147483647kB")]
    [InlineData("work_mem", "3 parsec", null,
        "Removing integer parameter=work_mem from the config due to the invalid value=3 parsec")]
    [InlineData("checkpoint_completion_target", "0.9", "0.9", null)]
    [InlineData("checkpoint_completion_target", "2", "1",
        "Value=2 of parameter=checkpoint_completion_target is too big, decreasing to 1")]
    [InlineData("vacuum_cost_delay", "0.05s", "0.05s", null)]
    [InlineData("vacuum_cost_delay", "0.5s", "100",
        "Value=0.5s of parameter=vacuum_cost_delay is too big, decreasing to 100ms")]
    [InlineData("wal_compression", "PGLZ", "PGLZ", null)]
    [InlineData("wal_compression", "yes", "yes", null)]
    [InlineData("wal_compression", "zip", null,
        "Removing enum parameter=wal_compression from the config due to the invalid value=zip")]
    [InlineData("fsync", "maybe", null, "Removing bool parameter=fsync from the config due to the invalid value=maybe")]
    [InlineData("block_size", "8192", null,
        "Removing internal parameter=block_size from the config due to the invalid value=8192")]
    [InlineData("datestyle", "iso", "iso", null)]
    [InlineData("ext.thing", "x", "x", null)]
    [InlineData("nonsense", "1", null, "Removing unexpected parameter=nonsense value=1 from the config")]
    public void Keeps_clamps_or_drops(string name, string value, string? expected, string? warning)
    {
        var warnings = new List<string>();
        var result = Full.Transform(new Dictionary<string, string> { [name] = value }, warnings.Add);
        Assert.Equal(expected, result.GetValueOrDefault(name));
        Assert.Equal(warning is null ? [] : [warning], warnings);
    }

    [Fact]
    public void That_is_coarse_neither_clamps_nor_drops_what_is_not_listed()
    {
        var coarse =
            ParameterCatalog.FromDescription("work_mem\tuser\tg\tINTEGER\t4096\t64\t2147483647\ts\tl\nfsync\tsighup\tg\tBOOLEAN\ton\t\t\ts\tl\n");
        var warnings = new List<string>();
        var result = coarse.Transform(
            new Dictionary<string,
                string>
            {
                ["work_mem"] = "1kB",
                ["zero_damaged_pages"] = "on",
                ["fsync"] = "maybe",
                ["nonsense"] = "1"
            }, warnings.Add);
        Assert.Equal(["work_mem", "zero_damaged_pages"], result.Keys);
        Assert.Equal(2, warnings.Count);
        Assert.False(coarse.IsComplete);
    }

    [Fact]
    public void Survives_in_a_file_for_the_same_binary_only()
    {
        var json = Full.ToJson("key");
        Assert.Equal(Full.Find("wal_compression")!.Values.AsEnumerable(),
            ParameterCatalog.FromJson(json, "key")!.Find("wal_compression")!.Values);
        Assert.Null(ParameterCatalog.FromJson(json, "other"));
        Assert.Null(ParameterCatalog.FromJson("{broken", "key"));
    }

    [Theory]
    [InlineData("16384", "8kB", "128MB")]
    [InlineData("0.5", "s", "500ms")]
    [InlineData("100", null, "100")]
    [InlineData("0", "kB", "0")]
    [InlineData("90", "s", "90s")]
    [InlineData("120", "s", "2min")]
    public void Shows_values_in_the_largest_unit_that_fits(string setting, string? unit, string text) =>
        Assert.Equal(text, ParameterValue.ForPeople(setting, unit));
}
