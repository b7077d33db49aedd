using HaAgent.Configuration.Ctl;
using HaAgent.Core.Settings;

namespace HaAgent.Configuration.Tests.Ctl;

public sealed class The_command_lines_configuration : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Is_looked_for_in_order()
    {
        string Make(string directory, string name)
        {
            Directory.CreateDirectory(Path.Combine(_folder.Path, directory));
            return _folder.File(directory + "/" + name, $"scope: {directory}\n");
        }

        var variables = new List<(string, string)> { ("XDG_CONFIG_HOME", _folder.Path), ("PATRONI_SCOPE", "") };
        Assert.Null(Scope());
        Make("patroni", "patronictl.yaml");
        Assert.Equal("patroni", Scope());
        Make("haagent", "haagentctl.yaml");
        Assert.Equal("haagent", Scope());
        variables.Add(("PATRONICTL_CONFIG_FILE", Make("peer", "x.yml")));
        Assert.Equal("peer", Scope());
        variables.Add(("HAAGENTCTL_CONFIG_FILE", Make("own", "x.yml")));
        Assert.Equal("own", Scope());
        Assert.Equal("option", Scope(Make("option", "x.yml")));
        Assert.Equal("option", Scope(Path.Combine(_folder.Path, "option")));

        string? Scope(string? option = null) => CtlConfiguration.Load(option, Env.Of([.. variables])).Scope;
    }

    [Fact]
    public void Is_taken_from_home_without_xdg() =>
        Assert.Equal(["/h/.config/haagent/haagentctl.yaml", "/h/.config/patroni/patronictl.yaml"],
            CtlConfiguration.DefaultPaths(Env.Of(("HOME", "/h"))));

    [Fact]
    public void Names_a_file_that_is_not_there()
    {
        var error = Assert.Throws<ConfigurationException>(() => CtlConfiguration.Load("/nowhere.yml", Env.Empty));
        Assert.Equal("Provided config file /nowhere.yml not existing or no read rights. Check the -c/--config-file parameter", error.Message);
    }

    [Fact]
    public void Goes_on_without_a_default_file()
    {
        var environment = Env.Of(("HOME", _folder.Path), ("PATRONI_ETCD3_HOST", "h:2379"), ("PATRONI_SCOPE", "s"));
        var configuration = CtlConfiguration.Load(Path.Combine(_folder.Path, ".config/patroni/patronictl.yaml"), environment);
        Assert.Equal(("s", "etcd3", "service"), (configuration.Scope, configuration.DcsSection().Name, configuration.Namespace));
    }

    [Fact]
    public void Says_when_no_store_is_named()
    {
        var error = Assert.Throws<ConfigurationException>(() => CtlConfiguration.Load(null, Env.Of(("HOME", "/nowhere"))).DcsSection());
        Assert.Equal(
            "Can not find suitable configuration of distributed configuration store\nAvailable implementations: etcd, etcd3", error.Message);
    }

    [Fact]
    public void Replaces_the_stores_by_a_url_but_keeps_the_credentials_of_its_own_section()
    {
        var path = _folder.File("x.yml", "namespace: a\netcd3: {hosts: [x], cacert: /c, password: p, protocol: https}\nconsul: {host: y}\n");
        var root = CtlConfiguration.Load(path, Env.Empty, "etcd3://[::1]:2380/ns").Root;
        Assert.Equal("""{"namespace":"ns","etcd3":{"cacert":"/c","password":"p","host":"[::1]:2380"}}""", root.ToJsonString());
    }

    [Fact]
    public void Takes_credentials_from_ctl_before_restapi()
    {
        var path = _folder.File("x.yml", "restapi: {authentication: {username: r, password: 0123}, cafile: /ca}\n");
        var options = CtlConfiguration.Load(path, Env.Empty).Options(insecure: true);
        Assert.Equal(("r", "83", "/ca", true),
            (options.Authentication!.Username, options.Authentication.Password, options.CaCertificateFile, options.Insecure));
        Assert.DoesNotContain("83", options.ToString(), StringComparison.Ordinal);
        var both = CtlConfiguration.Load(path, Env.Of(("PATRONI_CTL_USERNAME", "c"), ("PATRONI_CTL_PASSWORD", "p"))).Options(insecure: false);
        Assert.Equal(("c", "p", false), (both.Authentication!.Username, both.Authentication.Password, both.Insecure));
    }
}

public class A_dcs_url
{
    [Theory]
    [InlineData("etcd3://h:1234/ns", "etcd3", "h", 1234, "ns"), InlineData("h", "etcd", "h", 2379, null), InlineData("h:2379", "etcd", "h", 2379, null)]
    [InlineData("h:2181", "zookeeper", "h", 2181, null), InlineData("h:8500", "consul", "h", 8500, null), InlineData("h:8181", "exhibitor", "h", 8181, null)]
    [InlineData("h:999", "etcd", "h", 999, null), InlineData("etcd3://", "etcd3", "localhost", 2379, null), InlineData("/ns", "etcd", "localhost", 2379, "ns")]
    [InlineData("consul://h/", "consul", "h", 8500, null), InlineData("etcd3://[::1]:2380", "etcd3", "::1", 2380, null)]
    [InlineData("etcd3://[::1]", "etcd3", "::1", 2379, null), InlineData("etcd://:2380/a/b", "etcd", "localhost", 2380, "a/b")]
    public void Names_store_and_namespace(string text, string scheme, string host, int port, string? prefix) =>
        Assert.Equal(new DcsUrl(scheme, host, port, prefix), DcsUrl.Parse(text));

    [Theory]
    [InlineData("redis://h", "Unknown dcs scheme: redis")]
    [InlineData("etcd3://h:x", "-d/--dcs-url = 'etcd3://h:x': expected [scheme://][host][:port][/namespace].")]
    [InlineData("etcd3://h:70000", "-d/--dcs-url = 'etcd3://h:70000': expected [scheme://][host][:port][/namespace].")]
    public void Is_refused_with_a_sentence(string text, string sentence) =>
        Assert.Equal(sentence, Assert.Throws<ConfigurationException>(() => DcsUrl.Parse(text)).Message);
}
