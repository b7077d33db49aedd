using System.Text.Json.Nodes;

namespace HaAgent.Configuration.Local;

/// <summary>What <c>postgresql.authentication.&lt;user&gt;</c> may hold.</summary>
internal static class Credentials
{
    public static readonly string[] Keys =
    [
        "username", "password", "sslmode", "sslcert", "sslkey", "sslpassword", "sslrootcert", "sslcrl", "sslcrldir",
        "gssencmode", "channel_binding", "sslnegotiation",
    ];

    /// <summary>Drops every other key: what is kept goes into connection strings.</summary>
    public static void Filter(JsonObject authentication)
    {
        foreach (var user in authentication.Select(pair => pair.Value).OfType<JsonObject>())
        {
            foreach (var key in user.Select(pair => pair.Key).Where(key => !Keys.Contains(key)).ToArray())
            {
                user.Remove(key);
            }
        }
    }
}
