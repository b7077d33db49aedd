using System.Collections.Immutable;

namespace HaAgent.Rest;

/// <summary>The settings of the REST API, as <c>restapi.*</c> holds them.</summary>
internal sealed record RestOptions
{
    /// <summary><c>listen</c>; an empty host or <c>*</c>: all interfaces.</summary>
    public required (string Host, int Port) Listen { get; init; }

    /// <summary><c>authentication</c>; null: none is asked for.</summary>
    public Credentials? Authentication { get; init; }

    /// <summary>
    /// <c>allowlist</c>: addresses, networks and host names that may send unsafe requests; empty: anybody.
    /// </summary>
    public ImmutableArray<string> Allowlist { get; init; } = [];

    /// <summary><c>allowlist_include_members</c>: the members' API hosts may as well.</summary>
    public bool AllowlistIncludeMembers { get; init; }

    /// <summary><c>http_extra_headers</c>, in their order.</summary>
    public ImmutableArray<KeyValuePair<string, string>> ExtraHeaders { get; init; } = [];

    /// <summary><c>server_tokens</c>: <c>original</c>, <c>minimal</c> or <c>productonly</c>, in any case.</summary>
    public string ServerTokens { get; init; } = "original";

    /// <summary><c>request_queue_size</c>: the listen backlog; a small one is raised.</summary>
    public int RequestQueueSize { get; init; } = 5;
}

/// <summary>A user name and a password. Never printed.</summary>
internal sealed record Credentials(string Username, string Password)
{
    /// <summary>The value of an <c>Authorization</c> header.</summary>
    public string ToBasic() =>
        "Basic " + Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{Username}:{Password}"));

    public override string ToString() => $"{Username}:***";
}
