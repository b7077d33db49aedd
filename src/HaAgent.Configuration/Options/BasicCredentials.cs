using System.Text;
using System.Text.Json.Nodes;
using HaAgent.Core.Settings;

namespace HaAgent.Configuration.Options;

/// <summary>User name and password of HTTP basic authentication.</summary>
public sealed record BasicCredentials(string Username, string Password)
{
    /// <summary>Null unless both keys are given.</summary>
    public static BasicCredentials? Read(JsonObject? section) =>
        section?["authentication"] is JsonObject authentication
        && Truthy.Is(authentication["username"]) && Truthy.Is(authentication["password"])
            ? new(TextualForm.Of(authentication["username"]), TextualForm.Of(authentication["password"]))
            : null;

    /// <summary>The value of an <c>Authorization</c> header.</summary>
    public string ToHeader() => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Username}:{Password}"));

    /// <summary>Never the password: records print themselves into logs.</summary>
    public override string ToString() => $"{Username}:***";
}
