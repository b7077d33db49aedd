using HaAgent.Core.Snapshot;
using HaAgent.Postgres.Config;
using HaAgent.Postgres.Rejoin;

namespace HaAgent.Postgres.Control;

/// <summary>Looks into the data directory. Blocks on its disk: only on the thread that may.</summary>
internal sealed class DataDirectoryReader(PostgresOptions options, CreationMarker marker, RewindMarker rewinding)
{
    public const string StandbySignal = "standby.signal";

    public DataDirectory Read()
    {
        var path = options.DataDirectory;
        try
        {
            if (!Directory.Exists(path))
            {
                return UnixFile.Stat(path) is null
                    ? new DataDirectory.Empty()
                    : new DataDirectory.Foreign($"{path} is not a directory");
            }

            if (UnixFile.Stat(path) is var (owner, _) && owner != UnixFile.CurrentUser)
            {
                return new DataDirectory.Unreadable($"{path} belongs to user id {owner}, not to the agent's ({UnixFile.CurrentUser})");
            }

            return File.Exists(Path.Combine(path, PgControlFile.RelativePath))
                ? ReadInitialized(path)
                : ReadWithoutControlFile(path);
        }
        catch (IOException e)
        {
            return new DataDirectory.Unreadable(e.Message);
        }
        catch (UnauthorizedAccessException e)
        {
            return new DataDirectory.Unreadable(e.Message);
        }
    }

    private DataDirectory ReadInitialized(string path)
    {
        try
        {
            var control = PgControlFile.Read(path);
            return new DataDirectory.Initialized(
                control.SystemIdentifier,
                control.State,
                control.Checkpoint,
                HasStandbySignal: File.Exists(Path.Combine(path, StandbySignal)),
                HasBackupLabel: File.Exists(Path.Combine(path, "backup_label")),
                Unfinished: marker.Exists,
                UnixFile.Identity(path))
            {
                Damaged = rewinding.Exists,
            };
        }
        catch (ControlFileException e)
        {
            return new DataDirectory.Foreign(e.Message);
        }
    }

    private DataDirectory ReadWithoutControlFile(string path)
    {
        // Our own marker: a copy that was broken off before its control file, which comes last. It holds nothing and is
        // cleared by the next attempt.
        if (marker.Exists)
        {
            return new DataDirectory.Empty();
        }

        var visible = Directory.EnumerateFileSystemEntries(path)
            .Select(entry => Path.GetFileName(entry)!)
            .Where(name => !name.StartsWith('.') && name != "lost+found")
            .Take(5)
            .ToList();
        return visible.Count == 0
            ? new DataDirectory.Empty()
            : new DataDirectory.Foreign($"{path} has no {PgControlFile.RelativePath} but is not empty: {string.Join(", ", visible)}");
    }
}
