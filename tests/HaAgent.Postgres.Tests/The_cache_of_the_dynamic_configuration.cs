using System.Text.Json.Nodes;
using HaAgent.Postgres.Config;
using HaAgent.Testing;

namespace HaAgent.Postgres.Tests;

public sealed class The_cache_of_the_dynamic_configuration : IDisposable
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TempFolder _folder = TempFolder.Create("cache");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Owner | UnixFileMode.UserExecute, Owner)]
    [InlineData(
        Owner | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute,
        Owner | UnixFileMode.GroupRead)]
    public void Is_written_whole_and_read_back_with_the_modes_of_the_data(UnixFileMode data, UnixFileMode file)
    {
        File.SetUnixFileMode(_folder.Path, data);
        var path = Path.Combine(_folder.Path, "patroni.dynamic.json");
        Assert.Null(DynamicConfigurationCache.Write(_folder.Path, new JsonObject { ["ttl"] = 30 }));
        Assert.Null(DynamicConfigurationCache.Write(_folder.Path, new JsonObject { ["ttl"] = 40, ["n"] = "é" }));
        Assert.Equal("""{"ttl":40,"n":"\u00e9"}""", File.ReadAllText(path));
        Assert.Equal(file, File.GetUnixFileMode(path));
        Assert.Equal("40", DynamicConfigurationCache.Read(_folder.Path)!["ttl"]!.ToJsonString());
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Is_absent_when_missing_or_broken()
    {
        Assert.Null(DynamicConfigurationCache.Read(_folder.Path));
        File.WriteAllText(Path.Combine(_folder.Path, "patroni.dynamic.json"), "{\"ttl\":");
        Assert.Null(DynamicConfigurationCache.Read(_folder.Path));
        Assert.StartsWith(
            "Could not write /nowhere/", DynamicConfigurationCache.Write("/nowhere", []), StringComparison.Ordinal);
    }
}
