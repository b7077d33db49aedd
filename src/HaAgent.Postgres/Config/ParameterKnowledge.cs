using HaAgent.Postgres.Control;
using HaAgent.Postgres.Sql;

namespace HaAgent.Postgres.Config;

/// <summary>
/// Keeps the catalogue of parameters: from the server when it can be asked, else from its file, else the coarse one.
/// </summary>
internal sealed class ParameterKnowledge(ServerBinary binary, string dataDirectory)
{
    private volatile ParameterCatalog? _catalog;
    private volatile string _key = "";

    private string CacheFile => Path.Combine(dataDirectory, "haagent.parameters.json");

    /// <summary>The best that is known without the server.</summary>
    public async Task<ParameterCatalog> GetAsync(CancellationToken stop)
    {
        var known = await binary.AskAsync(stop).ConfigureAwait(false);
        if (known is null)
        {
            return ParameterCatalog.Nothing;
        }

        if (_catalog is { } catalog && _key == known.Key)
        {
            return catalog;
        }

        catalog =
            (File.Exists(CacheFile)
                ? ParameterCatalog.FromJson(
                    await File.ReadAllTextAsync(CacheFile, stop).ConfigureAwait(false), known.Key)
                : null)
            ?? await binary.DescribeAsync(stop).ConfigureAwait(false);
        _catalog = catalog;
        _key = known.Key;
        return catalog;
    }

    /// <summary>Asks the running server, and keeps the answer for starts to come.</summary>
    public async Task RefreshAsync(SqlSession session, CancellationToken stop)
    {
        if (await binary.AskAsync(stop).ConfigureAwait(false) is not { } known
            || (_catalog is { IsComplete: true } && _key == known.Key))
        {
            return;
        }

        var rows = await session.QueryAsync(PostgresQueries.Parameters).ConfigureAwait(false);
        var catalog = ParameterCatalog.FromServer(rows.Select(row => new ParameterRow(
            (string)row[0]!, // name, vartype and context are never null
            (string)row[1]!,
            (string?)row[2],
            (string?)row[3],
            (string?)row[4],
            [.. ((string?)row[5] ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries)],
            (string)row[6]!)));
        AtomicFile.Write(CacheFile, catalog.ToJson(known.Key), AtomicFile.ModeFor(CacheFile, dataDirectory));
        _catalog = catalog;
        _key = known.Key;
    }
}
