using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HaAgent.Testing.Etcd;

/// <summary>An authority, a server's and a client's certificate as PEM files, made for one test.</summary>
public sealed class TestCertificates
{
    private const string ServerUsage = "1.3.6.1.5.5.7.3.1";
    private const string ClientUsage = "1.3.6.1.5.5.7.3.2";

    private TestCertificates(string folder)
    {
        Authority = Path.Combine(folder, "ca.crt");
        ServerCertificate = Path.Combine(folder, "server.crt");
        ServerKey = Path.Combine(folder, "server.key");
        ClientCertificate = Path.Combine(folder, "client.crt");
        ClientKey = Path.Combine(folder, "client.key");
        ClientCertificateWithKey = Path.Combine(folder, "client.pem");
    }

    public string Authority { get; }
    public string ServerCertificate { get; }
    public string ServerKey { get; }
    public string ClientCertificate { get; }
    public string ClientKey { get; }

    /// <summary>Both in one file.</summary>
    public string ClientCertificateWithKey { get; }

    /// <summary>The server's is valid for <c>localhost</c> and the loopback addresses.</summary>
    public static TestCertificates Create(string folder)
    {
        Directory.CreateDirectory(folder);
        var files = new TestCertificates(folder);
        var notBefore = DateTimeOffset.UtcNow.AddDays(-1);
        var notAfter = notBefore.AddDays(30);
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authorityRequest = new CertificateRequest("CN=test authority", authorityKey, HashAlgorithmName.SHA256);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        authorityRequest.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        authorityRequest.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(authorityRequest.PublicKey, false));
        using var authority = authorityRequest.CreateSelfSigned(notBefore, notAfter);
        File.WriteAllText(files.Authority, authority.ExportCertificatePem());
        Issue(authority, "CN=etcd", ServerUsage, files.ServerCertificate, files.ServerKey);
        Issue(authority, "CN=haagent", ClientUsage, files.ClientCertificate, files.ClientKey);
        File.WriteAllText(
            files.ClientCertificateWithKey, File.ReadAllText(files.ClientCertificate) + "\n" + File.ReadAllText(files.ClientKey));
        return files;
    }

    private static void Issue(X509Certificate2 authority, string subject, string usage, string certificateFile, string keyFile)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));

        // A server that etcd's own gateway dials is its own client too, so it gets both usages.
        var usages = new OidCollection();
        foreach (var oid in new[] { usage, ClientUsage }.Distinct())
        {
            usages.Add(new Oid(oid));
        }

        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(usages, false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(authority, authority.NotBefore, authority.NotAfter, RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(certificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
    }
}
