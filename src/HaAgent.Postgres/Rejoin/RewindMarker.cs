using HaAgent.Postgres.Config;

namespace HaAgent.Postgres.Rejoin;

/// <summary>A file next to the data directory that says: pg_rewind was at work in it, and has not come to its end.</summary>
/// <remarks>
/// What a rewind has left half done looks whole: its control file is written last, and a server would start from it, with pages of two
/// histories. Nor can the tool be run again: it finds what to copy in WAL that the first run may have replaced (PostgreSQL
/// documentation, "pg_rewind", Warning: take a new copy).
/// </remarks>
internal sealed class RewindMarker(PostgresOptions options)
{
    public string Location => NeighbourFile.Of(options, "rewinding");

    public bool Exists => File.Exists(Location);

    /// <exception cref="IOException">It cannot be written: nothing may be rewound then.</exception>
    public void Write(string source) => AtomicFile.Write(Location, source + "\n");

    public void Remove() => NeighbourFile.Remove(Location);
}
