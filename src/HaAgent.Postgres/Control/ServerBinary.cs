using HaAgent.Postgres.Config;

namespace HaAgent.Postgres.Control;

/// <summary>The installed server program: its version and what it knows of parameters.</summary>
internal sealed class ServerBinary(ProcessRunner runner, Func<PostgresEffectiveConfiguration> configuration)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private volatile Known? _known;

    /// <summary>Zero while not asked yet.</summary>
    public PostgresVersion LastVersion => _known?.Version ?? PostgresVersion.Unknown;

    /// <summary>Asks the program again when its file has changed.</summary>
    /// <returns>Null when it cannot be run.</returns>
    public async Task<Known?> AskAsync(CancellationToken stop)
    {
        var path = configuration().Tool("postgres");
        var modified = File.Exists(path) ? File.GetLastWriteTimeUtc(path) : default;
        if (_known is { } known && known.Path == path && known.Modified == modified)
        {
            return known;
        }

        var result = await runner.RunAsync(new Command(path, ["--version"]), Timeout, stop).ConfigureAwait(false);
        if (!result.Succeeded || !PostgresVersion.TryParse(result.Output, out var version))
        {
            return null;
        }

        var key = $"{result.Output.Trim()} {path} {modified.Ticks}";
        _known = new(path, modified, version, key);
        return _known;
    }

    /// <summary>What <c>--describe-config</c> knows; nothing when it fails.</summary>
    public async Task<ParameterCatalog> DescribeAsync(CancellationToken stop)
    {
        var result =
            await runner.RunAsync(new Command(configuration().Tool("postgres"), ["--describe-config"]), Timeout, stop)
            .ConfigureAwait(false);
        return result.Succeeded ? ParameterCatalog.FromDescription(result.Output) : ParameterCatalog.Nothing;
    }

    /// <param name="Key">Changes with the binary.</param>
    internal sealed record Known(string Path, DateTime Modified, PostgresVersion Version, string Key);
}
