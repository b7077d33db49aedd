namespace HaAgent.Ctl.Output;

internal enum OutputFormat
{
    Pretty,

    /// <summary>As pretty, members as a tree; only through the verb of that name.</summary>
    Topology,
    Tsv,
    Json,
    Yaml,
}

internal static class OutputFormats
{
    /// <param name="name">One of the option's choices; null: the default.</param>
    public static OutputFormat Parse(string? name) => name switch
    {
        null or "pretty" => OutputFormat.Pretty,
        "tsv" => OutputFormat.Tsv,
        "json" => OutputFormat.Json,
        "yaml" or "yml" => OutputFormat.Yaml,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>For <c>query</c>, which does not check the name: what is no other format is tsv.</summary>
    public static OutputFormat ParseLeniently(string? name) => name switch
    {
        "pretty" or "topology" => OutputFormat.Pretty,
        "json" or "yaml" or "yml" => Parse(name),
        _ => OutputFormat.Tsv,
    };

    /// <summary>For people, not for programs.</summary>
    public static bool IsTable(this OutputFormat format) => format is OutputFormat.Pretty or OutputFormat.Topology;
}
