namespace HaAgent.Ctl.CommandLine;

/// <summary>Options and arguments that several commands share.</summary>
internal static class CommonOptions
{
    public static readonly OptionSpec Help = new(["--help"], OptionKind.Flag, "Show this message and exit.");

    public static readonly OptionSpec ConfigFile = new(
        ["--config-file", "-c"],
        OptionKind.Text,
        "Configuration file or directory. [env: HAAGENTCTL_CONFIG_FILE, PATRONICTL_CONFIG_FILE]",
        "FILE");

    public static readonly OptionSpec DcsUrl = new(
        ["--dcs-url", "--dcs", "-d"], OptionKind.Text, "The DCS, instead of the file's: [scheme://][host][:port][/namespace]. [env: DCS_URL]",
        "URL");

    public static readonly OptionSpec Insecure = new(
        ["--insecure", "-k"], OptionKind.Flag, "Allow connections to members without verifying their certificates.");

    public static readonly OptionSpec Group = new(["--group"], OptionKind.Integer, "Citus group. Not in this version.", "INTEGER");

    public static readonly OptionSpec Force = new(["--force"], OptionKind.Flag, "Do not ask for confirmation at any point.");

    public static readonly OptionSpec Format = new(["--format", "-f"], OptionKind.Choice, "Output format.", "FORMAT")
    {
        Choices = ["pretty", "tsv", "json", "yaml", "yml"],
    };

    public static readonly OptionSpec Refresh = new(["-W"], OptionKind.Flag, "Refresh every 2 seconds.");

    public static readonly OptionSpec Watch = new(
        ["-w", "--watch"], OptionKind.Number, "Refresh every so many seconds.", "SECONDS");

    public static readonly OptionSpec Role = new(["--role", "-r"], OptionKind.Choice, "Only members with this role.", "ROLE")
    {
        Choices = ["leader", "primary", "standby-leader", "replica", "standby", "any"],
    };

    public static readonly OptionSpec Member = new(["--member", "-m"], OptionKind.Text, "The member with this name.", "NAME");

    public static readonly ArgumentSpec Clusters = new("CLUSTER_NAMES", ArgumentCount.Any);

    /// <summary>The configuration's <c>scope</c> when not given.</summary>
    public static readonly ArgumentSpec OptionalCluster = new("CLUSTER_NAME", ArgumentCount.OneOrNone);

    public static readonly ArgumentSpec Cluster = new("CLUSTER_NAME", ArgumentCount.One);

    public static readonly ArgumentSpec Members = new("MEMBER_NAMES", ArgumentCount.Any);

    /// <summary>The program's own options, before the command.</summary>
    public static readonly OptionSpec[] Global = [ConfigFile, DcsUrl, Insecure, Help];
}
