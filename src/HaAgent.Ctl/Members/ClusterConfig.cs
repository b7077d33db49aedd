using System.Text.Json.Nodes;
using HaAgent.Core.Settings;
using HaAgent.Core.Snapshot;
using HaAgent.Ctl.Editing;

namespace HaAgent.Ctl.Members;

/// <summary>The few dynamic settings that the client's own behaviour depends on.</summary>
internal sealed class ClusterConfig
{
    private readonly JsonObject _config;

    private ClusterConfig(JsonObject config) => _config = config;

    public bool IsPaused => ValueParsers.Bool(_config["pause"]) == true;

    public int LoopWaitSeconds => (int)Math.Clamp(ValueParsers.Integer(_config["loop_wait"], "s") ?? 10, 1, 3600);

    public bool IsQuorumMode =>
        string.Equals(ValueParsers.Text(_config["synchronous_mode"]), "quorum", StringComparison.OrdinalIgnoreCase);

    public bool IsSynchronousMode => IsQuorumMode || ValueParsers.Bool(_config["synchronous_mode"]) == true;

    public bool IsStandbyCluster => _config["standby_cluster"] is JsonObject standby
        && (IsSet(standby["host"]) || IsSet(standby["port"]) || IsSet(standby["restore_command"]));

    public static ClusterConfig Of(ClusterState cluster) => new(cluster.Config is { } stored ? StoredConfig.Parse(stored) : []);

    private static bool IsSet(JsonNode? node) => ValueParsers.Text(node) is not (null or "" or "0" or "false");
}
