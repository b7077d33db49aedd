using HaAgent.Postgres.Config;

namespace HaAgent.Postgres.Rejoin;

/// <summary>Files about a data directory, beside it: what is inside belongs to PostgreSQL and its tools.</summary>
internal static class NeighbourFile
{
    /// <param name="name">What it is about, e.g. <c>creating</c>.</param>
    public static string Of(PostgresOptions options, string name) => options.CanHoldNeighbours || options.RunDirectory is not { } run
        ? $"{options.DataDirectory}.haagent-{name}"
        : Path.Combine(run, $"{options.DataDirectory.Replace('/', '-').TrimStart('-')}.haagent-{name}");

    public static void Remove(string path)
    {
        if (File.Exists(path))
        {
            File.Delete(path);
            UnixFile.SynchronizeDirectory(Path.GetDirectoryName(path)!); // a file has one
        }
    }
}
