using System.Text.Json;
using HaAgent.Core.Settings;
using HaAgent.Core.Snapshot;

namespace HaAgent.Rest;

/// <summary>What the dynamic configuration asks of the cluster, as far as answers show it.</summary>
/// <remarks>
/// For display only: a member of a synchronous cluster is listed as such, and routed to, even by an agent that could
/// not lead it.
/// </remarks>
internal sealed record ClusterModes(bool Synchronous, bool Quorum, bool StandbyCluster, bool Failsafe, bool Pause)
{
    public static readonly ClusterModes None = new(false, false, false, false, false);

    public static ClusterModes From(ConfigDocument? config)
    {
        if (config is null)
        {
            return None;
        }

        try
        {
            using var document = JsonDocument.Parse(config.Json);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return None;
            }

            var root = document.RootElement;
            var standby = root.TryGetProperty("standby_cluster", out var standbyCluster)
                && standbyCluster.ValueKind == JsonValueKind.Object && standbyCluster.EnumerateObject().Any();
            var mode = Text(root, "synchronous_mode");
            var quorum = string.Equals(mode, "quorum", StringComparison.OrdinalIgnoreCase);
            return new(
                Synchronous: !standby && (quorum || ValueParsers.Bool(mode) == true),
                Quorum: !standby && quorum,
                StandbyCluster: standby,
                Failsafe: ValueParsers.Bool(Text(root, "failsafe_mode")) == true,
                Pause: ValueParsers.Bool(Text(root, "pause")) == true);
        }
        catch (JsonException)
        {
            return None;
        }
    }

    /// <summary>The member is one of those whose confirmation a commit may wait for.</summary>
    public bool CountsAsSynchronous(SyncState sync, string member) =>
        Synchronous && sync.Voters.Contains(member, StringComparer.OrdinalIgnoreCase);

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value)
            ? value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText()
            : null;
}
