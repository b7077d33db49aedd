using System.Globalization;
using System.Text;

namespace HaAgent.Postgres.Config;

/// <summary>A libpq connection string in key=value form.</summary>
internal static class ConnInfo
{
    /// <summary>The order in which keys are written; what is not here is not written.</summary>
    private static readonly string[] Order =
    [
        "dbname", "user", "passfile", "password", "host", "port", "sslmode", "sslcompression", "sslcert", "sslkey",
        "sslpassword",
        "sslrootcert", "sslcrl", "sslcrldir", "application_name", "krbsrvname", "gssencmode", "channel_binding",
        "target_session_attrs",
        "sslnegotiation",
    ];

    /// <summary>
    /// To another server, as <paramref name="user"/>. Never holds a password: that is in the password file.
    /// </summary>
    public static Dictionary<string, string> To(
        UpstreamAddress target, UserCredentials user, string database, PostgresVersion version)
    {
        var keys = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["sslmode"] = "prefer",
            ["gssencmode"] = "prefer",
            ["channel_binding"] = "prefer",
            ["sslnegotiation"] = "postgres",
        };
        foreach (var (key, value) in user.Connection)
        {
            keys[key] = value;
        }

        keys["host"] = target.Host;
        keys["port"] = target.Port.ToString(CultureInfo.InvariantCulture);
        keys["dbname"] = target.Database ?? database;
        if (user.Username is { } name)
        {
            keys["user"] = name;
        }

        if (!version.Has(PostgresCapability.SslCrlDirectory))
        {
            keys.Remove("sslcrldir");
        }

        if (!version.Has(PostgresCapability.SslNegotiation))
        {
            keys.Remove("sslnegotiation");
        }

        return keys;
    }

    public static string Render(IReadOnlyDictionary<string, string> keys)
    {
        var text = new StringBuilder();
        foreach (var key in Order)
        {
            if (keys.TryGetValue(key, out var value))
            {
                text.Append(text.Length == 0 ? "" : " ").Append(key).Append('=').Append(Quoted(value));
            }
        }

        return text.ToString();
    }

    /// <summary>
    /// Backslashes before quotes, backslashes and blanks. An empty value needs quotes, or libpq takes the next word for
    /// it.
    /// </summary>
    private static string Quoted(string value)
    {
        if (value.Length == 0)
        {
            return "''";
        }

        var quoted = new StringBuilder();
        foreach (var c in value)
        {
            if (c is '\'' or '\\' || char.IsWhiteSpace(c))
            {
                quoted.Append('\\');
            }

            quoted.Append(c);
        }

        return quoted.ToString();
    }
}

/// <summary>Where another server listens, from its <c>conn_url</c>: <c>postgres://host:port/database</c>.</summary>
internal sealed record UpstreamAddress(string Host, int Port, string? Database)
{
    private const int DefaultPort = 5432;

    public static bool TryParse(string? url, out UpstreamAddress address)
    {
        address = new("", 0, null);
        var schemeEnd = url?.IndexOf("://", StringComparison.Ordinal) ?? -1;
        if (schemeEnd < 0 || url![..schemeEnd] is not ("postgres" or "postgresql"))
        {
            return false;
        }

        var rest = url[(schemeEnd + 3)..];
        var question = rest.IndexOf('?', StringComparison.Ordinal);
        rest = question < 0 ? rest : rest[..question];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var authority = slash < 0 ? rest : rest[..slash];
        var database = slash < 0 ? "" : Uri.UnescapeDataString(rest[(slash + 1)..]);
        authority = authority[(authority.LastIndexOf('@') + 1)..];
        if (HaAgent.Core.Settings.ValueParsers.HostAndPort(authority, DefaultPort) is not (
            { Length: > 0 } host, > 0 and var port))
        {
            return false;
        }

        address = new(Uri.UnescapeDataString(host), port, database.Length == 0 ? null : database);
        return true;
    }
}
