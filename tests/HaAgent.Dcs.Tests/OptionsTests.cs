using System.Text.Json.Nodes;
using HaAgent.Core.Settings;
using HaAgent.Dcs.Etcd;
using HaAgent.Dcs.Records;
using HaAgent.Testing.Etcd;

namespace HaAgent.Dcs.Tests;

/// <summary>The <c>etcd3</c> section of the configuration.</summary>
public sealed class The_etcd_section
{
    [Theory]
    [InlineData("""{"host":"etcd.example.org"}""", "http://etcd.example.org:2379/")]
    [InlineData("""{"host":"10.0.0.1:4001"}""", "http://10.0.0.1:4001/")]
    [InlineData("""{"host":"[fd00::1]:2379"}""", "http://[fd00::1]:2379/")]
    [InlineData("""{"host":"fd00::1"}""", "http://[fd00::1]:2379/")]
    [InlineData("""{"host":"10.0.0.1","protocol":"https"}""", "https://10.0.0.1:2379/")]
    [InlineData("""{"hosts":"a:1, b:2,c"}""", "http://a:1/ http://b:2/ http://c:2379/")]
    [InlineData("""{"hosts":["a:1","[::1]:2"]}""", "http://a:1/ http://[::1]:2/")]
    [InlineData("""{"url":"https://u:p%40ss@etcd:443/v3"}""", "https://etcd/")]
    [InlineData("""{"url":"http://etcd"}""", "http://etcd:2379/")]
    [InlineData("""{"proxy":"http://proxy:80"}""", "http://proxy/")]
    public void Names_endpoints_in_every_way_that_the_peer_knows(string section, string expected)
    {
        var options = Read(section);
        Assert.Equal(expected, string.Join(' ', options.Endpoints));
    }

    [Theory]
    [InlineData("""{"hosts":"a"}""", true)]
    [InlineData("""{"hosts":"a","use_proxies":"on"}""", false)]
    [InlineData("""{"proxy":"http://a:1"}""", false)]
    public void Asks_the_cluster_for_its_members_unless_there_are_proxies(string section, bool discovers) =>
        Assert.Equal(discovers, Read(section).DiscoverMembers);

    [Fact]
    public void Takes_user_and_password_from_the_url_or_from_their_own_settings()
    {
        Assert.Equal(("u", "p@ss"), Credentials("""{"url":"http://u:p%40ss@etcd"}"""));
        Assert.Equal(("v", "w"), Credentials("""{"url":"http://u:p@etcd","username":"v","password":"w"}"""));
        Assert.Equal((null, null), Credentials("""{"host":"etcd"}"""));
    }

    [Theory]
    [InlineData("""{}""", "etcd3")]
    [InlineData("""{"host":"bad host"}""", "etcd3.host")]
    [InlineData("""{"host":"etcd:99999"}""", "etcd3.host")]
    [InlineData("""{"hosts":[]}""", "etcd3.hosts")]
    [InlineData("""{"hosts":"a:1,b:x"}""", "etcd3.hosts")]
    [InlineData("""{"url":"etcd:2379"}""", "etcd3.url")]
    [InlineData("""{"host":"etcd","protocol":"gopher"}""", "etcd3.protocol")]
    [InlineData("""{"host":"etcd","username":"u"}""", "etcd3.password")]
    [InlineData("""{"srv":"example.org"}""", "etcd3.srv")]
    [InlineData("""{"host":"etcd","protocol":"https","cacert":"/does/not/exist"}""", "etcd3.cacert")]
    [InlineData("""{"host":"etcd","protocol":"https","key":"/does/not/exist"}""", "etcd3.key")]
    [InlineData("""{"host":"etcd","protocol":"https","cert":"/does/not/exist"}""", "etcd3.cert")]
    public void Is_refused_with_the_setting_that_is_wrong(string section, string setting) =>
        Assert.Equal(setting, Assert.Throws<ConfigurationException>(() => Read(section)).Setting);

    [Fact]
    public void Is_refused_when_a_certificate_file_holds_something_else()
    {
        var folder = Directory.CreateTempSubdirectory("haagent-options-").FullName;
        try
        {
            var garbage = Path.Combine(folder, "garbage.pem");
            File.WriteAllText(garbage, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
            var certificates = TestCertificates.Create(folder);
            Assert.Equal("etcd3.cacert", Setting(new() { ["cacert"] = garbage }));
            Assert.Equal("etcd3.cacert", Setting(new() { ["cacert"] = certificates.ClientKey }));
            Assert.Equal("etcd3.cert", Setting(new() { ["cert"] = certificates.ClientCertificate }));
            Assert.Equal("etcd3.key", Setting(new() { ["cert"] = certificates.ClientCertificate, ["key"] = certificates.ServerKey }));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        static string? Setting(JsonObject section)
        {
            section["host"] = "etcd";
            section["protocol"] = "https";
            return Assert.Throws<ConfigurationException>(() => EtcdOptions.Read(section, "batman", null, "a")).Setting;
        }
    }

    [Fact]
    public void Never_shows_the_password_in_a_message()
    {
        var mistake = Assert.Throws<ConfigurationException>(() => Read("""{"url":"ftp://u:hush-hush@etcd"}"""));
        Assert.DoesNotContain("hush-hush", mistake.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("service", "batman", "/service/batman/leader")]
    [InlineData("/service/", "batman", "/service/batman/leader")]
    [InlineData("//a//b/", "/c/", "/a/b/c/leader")]
    public void Gives_paths_in_which_slashes_collapse(string space, string scope, string leader) =>
        Assert.Equal(leader, new DcsKeys(space, scope).LeaderPath);

    private static EtcdOptions Read(string section) =>
        EtcdOptions.Read(JsonNode.Parse(section)!.AsObject(), "batman", null, "a");

    private static (string? User, string? Password) Credentials(string section) =>
        (Read(section).Username, Read(section).Password);
}
