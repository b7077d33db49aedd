using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HaAgent.Configuration.Options;

namespace HaAgent.Ctl.Rest;

/// <summary>Which server certificates are accepted and which client certificate is shown (cli.md 8).</summary>
internal static class RestTls
{
    public static SslClientAuthenticationOptions Options(CtlOptions settings)
    {
        var options = new SslClientAuthenticationOptions
        {
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck, // clusters' own authorities rarely publish lists
        };
        if (settings.CertificateFile is { } certificate)
        {
            options.ClientCertificates = [ClientCertificate(certificate, settings)];
        }

        if (settings.CaCertificateFile is { } ca)
        {
            options.CertificateChainPolicy = Trusting(ca);
        }

        if (settings.Insecure)
        {
            // With a client certificate the operator has an authority: then only the host's name is not looked at.
            var forgiven = settings.CertificateFile is null
                ? SslPolicyErrors.RemoteCertificateChainErrors | SslPolicyErrors.RemoteCertificateNameMismatch
                    | SslPolicyErrors.RemoteCertificateNotAvailable
                : SslPolicyErrors.RemoteCertificateNameMismatch;
            options.RemoteCertificateValidationCallback = (_, _, _, errors) => (errors & ~forgiven) == SslPolicyErrors.None;
        }

        return options;
    }

    private static X509ChainPolicy Trusting(string ca)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        Read("ctl.cacert (or restapi.cafile)", ca, () => policy.CustomTrustStore.ImportFromPemFile(ca));
        return policy;
    }

    private static X509Certificate2 ClientCertificate(string certificate, CtlOptions settings)
    {
        X509Certificate2? loaded = null;
        Read("ctl.certfile and ctl.keyfile", certificate, () => loaded = settings.KeyFilePassword is { } password
            ? X509Certificate2.CreateFromEncryptedPemFile(certificate, password, settings.KeyFile)
            : X509Certificate2.CreateFromPemFile(certificate, settings.KeyFile));
        return loaded!; // Read throws unless it was assigned
    }

    private static void Read(string setting, string path, Action load)
    {
        try
        {
            load();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new CtlException($"Cannot read the certificate {path}, check {setting}: {failure.Message}");
        }
    }
}
