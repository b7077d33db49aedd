using System.Collections.Immutable;
using System.Text.Json.Nodes;
using HaAgent.Core.Settings;

namespace HaAgent.Postgres;

/// <summary>A database user of the configuration with what libpq needs to connect as it.</summary>
/// <remarks>A class and not a record: a record would print the password.</remarks>
public sealed class UserCredentials
{
    private static readonly string[] ConnectionKeys =
    [
        "sslmode", "sslcert", "sslkey", "sslpassword", "sslrootcert", "sslcrl", "sslcrldir", "gssencmode",
        "channel_binding", "sslnegotiation",
    ];

    private UserCredentials(string? username, string? password, ImmutableDictionary<string, string> connection)
    {
        Username = username;
        Password = password;
        Connection = connection;
    }

    /// <summary>Null: the operating system's user.</summary>
    public string? Username { get; }

    /// <summary>Null: none is configured.</summary>
    public string? Password { get; }

    /// <summary><c>sslmode</c> and the like, by libpq's names.</summary>
    public ImmutableDictionary<string, string> Connection { get; }

    /// <param name="setting">Full path, for errors.</param>
    /// <exception cref="ConfigurationException">A value that no password file or connection string can
    /// hold.</exception>
    internal static UserCredentials Read(JsonNode? section, string setting)
    {
        if (section is not null and not JsonObject)
        {
            throw new ConfigurationException(
                setting, ValueParsers.Text(section), "must be a map with username and password.");
        }

        var map = section as JsonObject;
        var username = ValueParsers.Text(map?["username"]);
        var password = ValueParsers.Text(map?["password"]);
        RefuseLineBreaks(username, $"{setting}.username", show: true);
        RefuseLineBreaks(password, $"{setting}.password", show: false);
        var connection = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var key in ConnectionKeys)
        {
            if (ValueParsers.Text(map?[key]) is { Length: > 0 } value)
            {
                RefuseLineBreaks(value, $"{setting}.{key}", show: key != "sslpassword");
                connection[key] = value;
            }
        }

        return new(string.IsNullOrEmpty(username) ? null : username, string.IsNullOrEmpty(password) ? null : password,
            connection.ToImmutable());
    }

    public override string ToString() => Username ?? "(no user)";

    private static void RefuseLineBreaks(string? value, string setting, bool show)
    {
        if (value is not null && value.AsSpan().IndexOfAny('\n', '\r', '\0') >= 0)
        {
            throw new ConfigurationException(
                setting, show ? value : null,
                    "holds a line break or a zero byte, which no PostgreSQL password file can hold. Choose another value.");
        }
    }
}
