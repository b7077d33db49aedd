using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using HaAgent.Ctl.Tests.Doubles;

namespace HaAgent.Ctl.Tests;

public sealed class A_member_with_tls : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly X509Certificate2 _authority;
    private readonly string _authorityFile;

    public A_member_with_tls()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _authority = request.CreateSelfSigned(Past, Future);
        _authorityFile = _folder.Write("ca.pem", _authority.ExportCertificatePem());
    }

    private static DateTimeOffset Past => DateTimeOffset.UtcNow.AddDays(-1);
    private static DateTimeOffset Future => DateTimeOffset.UtcNow.AddDays(1);

    [Fact]
    public async Task Is_trusted_by_the_configured_authority()
    {
        await using var member = new RestMember(Server("127.0.0.1"), (200, "{}"));
        var run = await PauseAsync(member, new JsonObject { ["restapi"] = new JsonObject { ["cafile"] = _authorityFile } });
        Assert.Equal((0, "Success: cluster management is paused\n"), (run.Code, run.Out));
    }

    [Fact]
    public async Task Is_not_trusted_without_an_authority()
    {
        await using var member = new RestMember(Server("127.0.0.1"), (200, "{}"));
        var run = await PauseAsync(member, []);
        Assert.Equal(1, run.Code);
        Assert.EndsWith("Error: Can not find accessible cluster member\n", run.Error, Ordinal);
        Assert.Empty(member.Asked);
    }

    [Fact]
    public async Task Is_not_trusted_under_another_name()
    {
        await using var member = new RestMember(Server("10.9.9.9"), (200, "{}"));
        var run = await PauseAsync(member, Ctl(("cacert", _authorityFile)));
        Assert.Equal(1, run.Code);
        Assert.Empty(member.Asked);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Is_not_verified_at_all_when_insecure(bool bySetting)
    {
        await using var member = new RestMember(Server("10.9.9.9"), (200, "{}"));
        var run = bySetting
            ? await PauseAsync(member, new JsonObject { ["ctl"] = new JsonObject { ["insecure"] = true } })
            : await PauseAsync(member, [], "-k");
        Assert.Equal(0, run.Code);
    }

    [Fact]
    public async Task Is_shown_the_client_certificate_and_verified_but_for_its_name_when_insecure_with_one()
    {
        var client = Signed("CN=operator", san: null);
        var file = _folder.Write("client.pem", client.ExportCertificatePem());
        var key = _folder.Write("client.key", client.GetECDsaPrivateKey()!.ExportEncryptedPkcs8PrivateKeyPem(
            "secret", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));
        await using var member = new RestMember(Server("10.9.9.9"), (200, "{}"));
        var run = await PauseAsync(
            member, Ctl(("certfile", file), ("keyfile", key), ("keyfile_password", "secret"), ("cacert", _authorityFile)), "-k");
        Assert.Equal((0, "CN=operator"), (run.Code, member.ClientCertificates[^1]));

        await using var stranger = new RestMember(Server("127.0.0.1"), (200, "{}"));
        var untrusted = await PauseAsync(stranger, Ctl(("certfile", file), ("keyfile", key), ("keyfile_password", "secret")), "-k");
        Assert.Equal(1, untrusted.Code);
        Assert.Empty(stranger.Asked);
    }

    [Fact]
    public async Task Is_not_asked_with_a_certificate_that_cannot_be_read()
    {
        await using var member = new RestMember(Server("127.0.0.1"), (200, "{}"));
        var run = await PauseAsync(member, Ctl(("certfile", "/nowhere.pem")));
        Assert.StartsWith("Error: Cannot read the certificate /nowhere.pem, check ctl.certfile and ctl.keyfile: ", run.Error, Ordinal);
        Assert.Equal(1, run.Code);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    private static JsonObject Ctl(params (string Name, string Value)[] settings)
    {
        var section = new JsonObject();
        foreach (var (name, value) in settings)
        {
            section[name] = value;
        }

        return new() { ["ctl"] = section };
    }

    private static Task<Outcome> PauseAsync(RestMember member, JsonObject configuration, params string[] globals)
    {
        var cluster = new StoredCluster { ["leader"] = "n0", ["members/n0"] = Given.Primary("10.0.0.1", member.Url) };
        return new Call(cluster) { Configuration = configuration.ToJsonString() }.RunAsync([.. globals, "pause", "batman"]);
    }

    private X509Certificate2 Server(string address)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Parse(address));
        return Signed("CN=member", names.Build());
    }

    private X509Certificate2 Signed(string subject, X509Extension? san)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        if (san is not null)
        {
            request.CertificateExtensions.Add(san);
        }

        using var bare = request.Create(_authority, Past, Future.AddHours(-1), RandomNumberGenerator.GetBytes(8));
        return bare.CopyWithPrivateKey(key);
    }
}
