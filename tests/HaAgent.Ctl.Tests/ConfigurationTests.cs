using HaAgent.Ctl.Settings;
using HaAgent.Ctl.Tests.Doubles;

namespace HaAgent.Ctl.Tests;

public sealed class The_configuration : IDisposable
{
    private const string NoStore =
        "Error: Can not find suitable configuration of distributed configuration store\nAvailable implementations: etcd, etcd3\n";

    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _environment;

    public The_configuration() => _environment = new() { ["HOME"] = _folder.Path };

    [Fact]
    public async Task Must_be_there_when_it_is_named()
    {
        var run = await RunAsync("-c", "/nowhere.yaml", "list", "batman");
        Assert.Equal(
            (1, "", "Error: Provided config file /nowhere.yaml not existing or no read rights. Check the -c/--config-file parameter\n"),
            (run.Code, run.Out, run.Error));
    }

    [Theory]
    [InlineData("HAAGENTCTL_CONFIG_FILE")]
    [InlineData("PATRONICTL_CONFIG_FILE")]
    public async Task Must_be_there_when_a_variable_names_it(string variable)
    {
        _environment[variable] = "/nowhere.yaml";
        var run = await RunAsync("list", "batman");
        Assert.StartsWith("Error: Provided config file /nowhere.yaml not existing or no read rights.", run.Error, Ordinal);
        Assert.Equal(1, run.Code);
    }

    [Fact]
    public async Task Must_name_a_store()
    {
        var run = await RunAsync("list", "batman");
        Assert.Equal((1, "", NoStore), (run.Code, run.Out, run.Error));
    }

    [Fact]
    public async Task Is_not_needed_for_the_own_version()
    {
        var run = await RunAsync("-c", "/nowhere.yaml", "version");
        Assert.Equal((0, "haagentctl version 0.1.0\n"), (run.Code, run.Out));
    }

    [Fact]
    public async Task Must_be_yaml()
    {
        var run = await RunAsync("-c", _folder.Write("bad.yaml", "scope: [\n"), "list", "batman");
        Assert.Equal(1, run.Code);
        Assert.StartsWith("Error: ", run.Error, Ordinal);
        Assert.Contains("bad.yaml", run.Error, Ordinal);
    }

    [Fact]
    public async Task Comes_from_the_first_place_that_has_one()
    {
        Directory.CreateDirectory(Path.Combine(_folder.Path, ".config", "patroni"));
        Directory.CreateDirectory(Path.Combine(_folder.Path, ".config", "haagent"));
        _folder.Write(".config/patroni/patronictl.yaml", "scope: second\n");
        Assert.Equal("second", Load().Scope);
        _folder.Write(".config/haagent/haagentctl.yaml", "scope: first\n");
        Assert.Equal("first", Load().Scope);
        _environment["PATRONICTL_CONFIG_FILE"] = _folder.Write("named.yaml", "scope: named\n");
        Assert.Equal("named", Load().Scope);
        _environment["HAAGENTCTL_CONFIG_FILE"] = _folder.Write("ours.yaml", "scope: ours\n");
        Assert.Equal("ours", Load().Scope);
        Assert.Equal("option", Load(file: _folder.Write("option.yaml", "scope: option\n")).Scope);
    }

    [Fact]
    public void Comes_from_the_environment_without_a_file()
    {
        _environment["PATRONI_SCOPE"] = "batman";
        _environment["PATRONI_CTL_INSECURE"] = "on";
        var settings = Load();
        Assert.Equal(("batman", true), (settings.Scope, settings.Rest.Insecure));
    }

    [Theory]
    [InlineData("foo://x", "Unknown dcs scheme: foo")]
    [InlineData("etcd3://x:port", "-d/--dcs-url = 'etcd3://x:port': ")]
    public async Task Refuses_a_url_that_names_no_store(string url, string error)
    {
        var run = await RunAsync("-d", url, "list", "batman");
        Assert.StartsWith("Error: " + error, run.Error, Ordinal);
        Assert.Equal((1, ""), (run.Code, run.Out));
    }

    [Fact]
    public async Task Is_overridden_by_the_url_of_a_store()
    {
        var run = await RunAsync("-d", "consul://x", "list", "batman");
        Assert.Equal(NoStore, run.Error);
        _environment["DCS_URL"] = "consul://y";
        _environment["PATRONI_ETCD3_HOST"] = "localhost";
        Assert.Equal(NoStore, (await RunAsync("list", "batman")).Error);
    }

    public void Dispose() => _folder.Dispose();

    private CtlSettings Load(string? file = null)
    {
        var log = new CtlLog(TextWriter.Null, TimeProvider.System, _ => null);
        return new ConfiguredSources(_environment, TimeProvider.System).LoadSettings(new(file, DcsUrl: null, Insecure: false), log);
    }

    private Task<Outcome> RunAsync(params string[] words) =>
        new Call { Sources = new ConfiguredSources(_environment, TimeProvider.System), Environment = _environment }.RunAsync(words);
}
