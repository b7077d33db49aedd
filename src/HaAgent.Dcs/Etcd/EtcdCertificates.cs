using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HaAgent.Dcs.Etcd;

/// <summary>PEM files named in the configuration.</summary>
internal static class EtcdCertificates
{
    /// <summary>The authorities to trust; null when none are given.</summary>
    public static X509Certificate2Collection? Authorities(EtcdOptionsReader settings, string name)
    {
        if (settings.Text(name) is not { } path)
        {
            return null;
        }

        var authorities = Load(settings, name, path);
        return authorities.Count > 0
            ? authorities
            : throw settings.Bad(name, "holds no PEM certificate (-----BEGIN CERTIFICATE-----).");
    }

    /// <summary>The certificate to show, with its key: from <c>key</c>, or from the same file.</summary>
    public static X509Certificate2? Client(EtcdOptionsReader settings)
    {
        if (settings.Text("cert") is not { } path)
        {
            return settings.Text("key") is null ? null : throw settings.Bad("key", "is of no use without cert.");
        }

        var keySetting = settings.Text("key") is null ? "cert" : "key";
        var keyPath = settings.Text("key") ?? path;
        var certificatePem = ReadText(settings, "cert", path);
        var keyPem = ReadText(settings, keySetting, keyPath);
        try
        {
            return X509Certificate2.CreateFromPem(certificatePem, keyPem);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw settings.Bad(keySetting, $"is not a PEM certificate with its unencrypted private key: {e.Message}");
        }
    }

    /// <summary>The intermediates that follow the certificate in its file.</summary>
    public static X509Certificate2Collection? Chain(EtcdOptionsReader settings)
    {
        if (settings.Text("cert") is not { } path)
        {
            return null;
        }

        var all = Load(settings, "cert", path);
        if (all.Count > 0)
        {
            all.RemoveAt(0);
        }

        return all;
    }

    private static X509Certificate2Collection Load(EtcdOptionsReader settings, string name, string path)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(ReadText(settings, name, path));
        }
        catch (CryptographicException e)
        {
            throw settings.Bad(name, $"is not a PEM certificate: {e.Message}");
        }

        return certificates;
    }

    private static string ReadText(EtcdOptionsReader settings, string name, string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw settings.Bad(name, $"the file cannot be read: {e.Message}");
        }
    }
}
