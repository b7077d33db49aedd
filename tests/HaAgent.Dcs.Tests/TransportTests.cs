using System.Net.Sockets;
using System.Text.Json.Nodes;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Dcs.Etcd;
using HaAgent.Testing;
using HaAgent.Testing.Etcd;

namespace HaAgent.Dcs.Tests;

/// <summary>TLS, names, addresses and users, against a real etcd.</summary>
public sealed class The_connection_to_etcd : IDisposable
{
    private static readonly EtcdTiming Impatient =
        new(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(3));

    private readonly TempFolder _folder = TempFolder.Create("tls");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("127.0.0.1", false)]
    [InlineData("localhost", true)]
    public async Task Is_encrypted_and_shows_the_client_certificate(string host, bool keyInCertificateFile)
    {
        var certificates = TestCertificates.Create(_folder.Path);
        await using var etcd = await EtcdServers.StartAsync(new() { Certificates = certificates });
        var section = Tls(certificates.Authority);
        section["hosts"] = $"{host}:{etcd.Members[0].ClientPort}";
        section["cert"] = keyInCertificateFile ? certificates.ClientCertificateWithKey : certificates.ClientCertificate;
        section["key"] = keyInCertificateFile ? null : certificates.ClientKey;
        await using var agent = await TestAgent.StartReadyAsync("a", "", section: section);
        Assert.Equal(LeaseOutcome.Held, (await agent.AcquireAsync()).Outcome);
        Assert.Equal(LeaseOutcome.Held, (await agent.RenewAsync()).Outcome);
    }

    [Fact]
    public async Task Trusts_the_given_authority_and_no_other()
    {
        var certificates = TestCertificates.Create(_folder.Path);
        var other = TestCertificates.Create(_folder.File("other"));
        await using var etcd = await EtcdServers.StartAsync(new() { Certificates = certificates });
        var section = Tls(other.Authority);
        section["cert"] = certificates.ClientCertificateWithKey;
        await using var agent = TestAgent.Start("a", etcd.Hosts, Impatient, section);
        Assert.Equal(LeaseOutcome.Unknown, (await agent.AcquireAsync()).Outcome);
        Assert.IsType<DcsReading.Silent>(agent.Dcs.Latest);
        Assert.Contains("certificate", agent.Dcs.LastFailure, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Gets_nowhere_without_the_client_certificate_that_etcd_wants()
    {
        var certificates = TestCertificates.Create(_folder.Path);
        await using var etcd = await EtcdServers.StartAsync(new() { Certificates = certificates });
        await using var agent = TestAgent.Start("a", etcd.Hosts, Impatient, Tls(certificates.Authority));
        Assert.Equal(LeaseOutcome.Unknown, (await agent.AcquireAsync()).Outcome);
    }

    [Fact]
    public async Task Works_over_IPv6()
    {
        Assert.SkipUnless(
            Socket.OSSupportsIPv6 && File.Exists("/proc/net/if_inet6"), "This machine has no IPv6: an address in brackets is only parsed here.");
        await using var etcd = await EtcdServers.StartAsync(new() { Address = "::1" });
        Assert.StartsWith("[::1]:", etcd.Hosts, StringComparison.Ordinal);
        await using var agent = await TestAgent.StartReadyAsync("a", etcd.Hosts);
        Assert.Equal(LeaseOutcome.Held, (await agent.AcquireAsync()).Outcome);
    }

    [Fact]
    public async Task Authenticates_again_when_the_store_forgets_or_outdates_its_token()
    {
        await using var etcd = await EtcdServers.StartAsync();
        await EtcdCtl.RunAsync(etcd.Hosts, "user", "add", "root:secret");
        await EtcdCtl.RunAsync(etcd.Hosts, "user", "grant-role", "root", "root");
        await EtcdCtl.RunAsync(etcd.Hosts, "auth", "enable");
        await using var agent = await TestAgent.StartReadyAsync("a", etcd.Hosts, section: User("secret"));
        Assert.Equal(LeaseOutcome.Held, (await agent.AcquireAsync()).Outcome);

        // A new auth revision makes all tokens given before it invalid.
        await EtcdCtl.RunAsync(etcd.Hosts, "--user", "root:secret", "user", "add", "other:other");
        Assert.Equal(LeaseOutcome.Held, (await agent.RenewAsync()).Outcome);
        Assert.Equal(WriteOutcome.Written, await agent.WriteAsync(DcsRecord.Config, """{"ttl":30}"""));

        // So does a restart, for the simple tokens that etcd gives by default.
        await etcd.Members[0].KillAsync();
        etcd.Members[0].Start();
        await etcd.WaitUntilHealthyAsync();
        Assert.Equal(LeaseOutcome.Held, (await agent.RenewAsync()).Outcome);
        await Eventually.HoldsAsync("the picture", TestAgent.Soon, () => agent.Dcs.Latest is DcsReading.Answered { Cluster.Config: not null }, TestAgent.Stop);
    }

    [Fact]
    public async Task Says_that_a_password_is_wrong_and_never_what_it_is()
    {
        await using var etcd = await EtcdServers.StartAsync();
        await EtcdCtl.RunAsync(etcd.Hosts, "user", "add", "root:secret");
        await EtcdCtl.RunAsync(etcd.Hosts, "user", "grant-role", "root", "root");
        await EtcdCtl.RunAsync(etcd.Hosts, "auth", "enable");
        await using var agent = TestAgent.Start("a", etcd.Hosts, Impatient, User("hush-hush"));
        Assert.Equal(LeaseOutcome.Unknown, (await agent.AcquireAsync()).Outcome);
        await Eventually.HoldsAsync("the notice", TestAgent.Soon, () => agent.Dcs.Notices.Any(notice => notice.Contains("'root'", StringComparison.Ordinal)), TestAgent.Stop);
        Assert.DoesNotContain(agent.Dcs.Notices, notice => notice.Contains("hush-hush", StringComparison.Ordinal));
        Assert.DoesNotContain("hush-hush", agent.Dcs.LastFailure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ends_with_the_store_and_leaves_nothing_running()
    {
        await using var etcd = await EtcdServers.StartAsync();
        var agent = await TestAgent.StartReadyAsync("a", etcd.Hosts);
        await agent.AcquireAsync();
        await agent.DisposeAsync();
        await agent.DisposeAsync();
        agent.ForgetChanges();
        await EtcdCtl.RunAsync(etcd.Hosts, "put", "/service/batman/leader", "other");
        var stopped = await agent.Dcs.ReadFreshAsync(agent.NotAfter - agent.Patience + TimeSpan.FromSeconds(1), TestAgent.Stop);
        Assert.IsType<DcsReading.Silent>(stopped);
        Assert.False(agent.WasToldOf(DcsChange.Leader));
    }

    private static JsonObject Tls(string authority) => new() { ["protocol"] = "https", ["cacert"] = authority };

    private static JsonObject User(string password) => new() { ["username"] = "root", ["password"] = password };
}
