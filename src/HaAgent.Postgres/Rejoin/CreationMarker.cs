using HaAgent.Postgres.Config;

namespace HaAgent.Postgres.Rejoin;

/// <summary>A file next to the data directory that says: this agent is creating it and has not finished.</summary>
/// <remarks>
/// Written first, removed last. It is what allows content to be removed after a crash in the middle (S5), and its
/// second line, whether a server in the directory ever accepted connections: then it is moved aside instead. Not inside
/// the directory, where pg_basebackup would refuse to write.
/// </remarks>
internal sealed class CreationMarker(PostgresOptions options)
{
    private const string Served = "served";

    private string Location => NeighbourFile.Of(options, "creating");

    public bool Exists => File.Exists(Location);

    public bool HasServed => Exists && File.ReadLines(Location).Skip(1).FirstOrDefault() == Served;

    /// <exception cref="IOException">It cannot be written: nothing may be created then.</exception>
    public void Write(string method) => AtomicFile.Write(Location, method + "\n");

    public void NoteServed()
    {
        if (Exists && !HasServed)
        {
            AtomicFile.Write(Location, File.ReadLines(Location).FirstOrDefault() + "\n" + Served + "\n");
        }
    }

    public void Remove() => NeighbourFile.Remove(Location);
}
