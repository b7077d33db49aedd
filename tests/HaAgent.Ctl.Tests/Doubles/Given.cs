using System.Globalization;

namespace HaAgent.Ctl.Tests.Doubles;

/// <summary>Clusters to start from; a test changes the keys that it is about.</summary>
internal static class Given
{
    public const string Timing = """{"ttl":30,"loop_wait":10,"retry_timeout":10}""";

    /// <summary>The leader and the replica of the documentation's example.</summary>
    public static StoredCluster Batman() => new()
    {
        ["initialize"] = "7277694203142172922",
        ["config"] = Timing,
        ["leader"] = "postgresql0",
        ["members/postgresql0"] =
            """{"conn_url":"postgres://127.0.0.1:5432/postgres","api_url":"http://127.0.0.1:8008/patroni","state":"running","role":"primary","version":"4.1.4","xlog_location":67110120,"timeline":5}""",
        ["members/postgresql1"] =
            """{"conn_url":"postgres://127.0.0.1:5433/postgres","api_url":"http://127.0.0.1:8009/patroni","state":"running","role":"replica","version":"4.1.4","xlog_location":67110120,"replay_lsn":67110120,"receive_lsn":67110120,"replication_state":"streaming","timeline":5}""",
        ["status"] = """{"optime":67110120}""",
    };

    /// <summary>Three members on hosts of their own; <c>n0</c> leads. Values as a real cluster wrote them.</summary>
    /// <param name="api">Where the members' REST servers are.</param>
    public static StoredCluster Three(string? api = null) => new()
    {
        ["initialize"] = "7710413840860529352",
        ["config"] = Timing,
        ["leader"] = "n0",
        ["members/n0"] = Primary("10.0.0.1", api),
        ["members/n1"] = Replica("10.0.0.2", api),
        ["members/n2"] = Replica("10.0.0.3", api),
        ["status"] = """{"optime":67108960,"slots":{"n1":67108960,"n2":67108960,"n0":67108960},"retain_slots":["n0","n1","n2"]}""",
    };

    public static string Primary(string host, string? api = null, string more = "") =>
        $$"""{{{Head(host, api)}},"state":"running","role":"primary","version":"4.1.4"{{more}},"xlog_location":67108960,"timeline":1}""";

    /// <param name="lsn">Received and replayed.</param>
    /// <param name="more">Further fields, each with a comma before it.</param>
    public static string Replica(string host, string? api = null, long lsn = 67108960, string more = "") => string.Create(
        CultureInfo.InvariantCulture,
        $$"""{{{Head(host, api)}},"state":"running","role":"replica","version":"4.1.4"{{more}},"xlog_location":{{lsn}},"replay_lsn":{{lsn}},"receive_lsn":{{lsn}},"replication_state":"streaming","timeline":1}""");

    private static string Head(string host, string? api) =>
        $"\"conn_url\":\"postgres://{host}:5432/postgres\",\"api_url\":\"{api ?? $"http://{host}:8008"}/patroni\"";
}
