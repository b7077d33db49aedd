using System.Text.Json.Nodes;
using HaAgent.Core.Settings;

namespace HaAgent.Configuration.Options;

/// <summary>How the command line and the agent talk to the REST API of members: the <c>ctl</c> section.</summary>
public sealed record CtlOptions
{
    /// <summary><c>ctl.authentication</c>, else <c>restapi.authentication</c>.</summary>
    public BasicCredentials? Authentication { get; init; }
    public bool Insecure { get; init; }

    /// <summary><c>ctl.cacert</c>, else <c>restapi.cafile</c>; null: the system's trust.</summary>
    public string? CaCertificateFile { get; init; }
    public string? CertificateFile { get; init; }
    public string? KeyFile { get; init; }
    public string? KeyFilePassword { get; init; }

    /// <param name="root">The whole configuration.</param>
    /// <param name="insecure">The command-line option <c>-k</c>.</param>
    public static CtlOptions Read(JsonObject root, bool insecure = false)
    {
        var section = root["ctl"] as JsonObject ?? [];
        var restapi = root["restapi"] as JsonObject;
        return new CtlOptions
        {
            Authentication = BasicCredentials.Read(section) ?? BasicCredentials.Read(restapi),
            Insecure = insecure || ValueParsers.Bool(section["insecure"]) == true,
            CaCertificateFile = Given(section["cacert"]) ?? Given(restapi?["cafile"]),
            CertificateFile = Given(section["certfile"]),
            KeyFile = Given(section["keyfile"]),
            KeyFilePassword = Given(section["keyfile_password"]),
        };
    }

    public override string ToString() => $"CtlOptions {{ Authentication = {Authentication}, Insecure = {Insecure} }}";

    private static string? Given(JsonNode? node) => ValueParsers.Text(node) is { Length: > 0 } text ? text : null;
}
