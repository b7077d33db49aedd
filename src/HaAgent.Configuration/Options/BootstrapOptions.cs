using System.Text.Json.Nodes;

namespace HaAgent.Configuration.Options;

/// <summary>
/// The <c>bootstrap</c> section as far as it concerns the cluster; <c>initdb</c> and the like belong to the server's
/// side.
/// </summary>
/// <param name="Present">The section is there: this node may found a cluster.</param>
/// <param name="Dcs">The first dynamic configuration of a new cluster; a copy.</param>
public sealed record BootstrapOptions(bool Present, JsonObject Dcs)
{
    public static BootstrapOptions Read(JsonObject root) => root["bootstrap"] is JsonObject section
        ? new(true, section["dcs"]?.DeepClone() as JsonObject ?? [])
        : new(false, []);
}
