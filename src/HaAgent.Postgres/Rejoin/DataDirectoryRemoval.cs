using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Postgres.Control;

namespace HaAgent.Postgres.Rejoin;

/// <summary>The only place that removes or moves a data directory.</summary>
internal sealed class DataDirectoryRemoval(ServerContext context)
{
    private readonly DataDirectoryReader _reader = new(context.Options, context.Marker, context.RewindMarker);

    /// <summary>
    /// Writes the marker, then clears what an earlier attempt of ours has left. Content that is not ours is an
    /// obstacle.
    /// </summary>
    /// <returns>What stands in the way; null: the directory is empty or absent, and marked.</returns>
    public string? PrepareForCreation(string method)
    {
        var directory = context.DataDirectory;
        if (context.Postmaster.Process is not ServerProcess.None)
        {
            return $"a server is running in {directory}";
        }

        if (context.Marker.Exists)
        {
            ClearUnfinished();
        }

        if (_reader.Read() is not DataDirectory.Empty)
        {
            return $"{directory} is not empty";
        }

        context.RewindMarker.Remove(); // it was about what lay here before
        context.Marker.Write(method);
        if (Directory.Exists(directory))
        {
            // hidden files and lost+found: the tools refuse even these, apart from what they cannot remove
            ClearContents(directory);
        }

        return null;
    }

    /// <summary>
    /// After an attempt of ours that failed: what it left is removed, or moved aside if a server in it ever accepted
    /// connections.
    /// </summary>
    public void ClearUnfinished()
    {
        if (context.Marker.HasServed)
        {
            MoveAside();
        }
        else
        {
            Remove("its creation did not end well");
        }

        context.Marker.Remove();
    }

    public Task<StepResult> DiscardAsync(DiscardReason reason) =>
        Steps.RunAsync(context, "discarding the data directory", () =>
    {
        if (context.Postmaster.Process is not ServerProcess.None)
        {
            return Task.FromResult<string?>($"a server is running in {context.DataDirectory}");
        }

        if (reason != DiscardReason.CreationFailed)
        {
            // Half of it would still look like a server to an agent that comes after this one.
            context.RewindMarker.Write("removal");
        }

        switch (reason)
        {
            case DiscardReason.CreationFailed when context.Marker.Exists && !context.Marker.HasServed:
                Remove("its creation did not end well");
                break;
            case DiscardReason.CreationFailed:
                MoveAside();
                break;
            case DiscardReason.Requested:
                Remove("an operator has asked for a new copy");
                break;
            default:
                // The operator has asked for it by remove_data_directory_on_...
                Remove(reason == DiscardReason.RewindFailed
                    ? "the rewind failed"
                    : "its timeline has diverged from the leader's");
                break;
        }

        context.RewindMarker.Remove();
        context.Marker.Remove();
        return Task.FromResult<string?>(null);
    });

    /// <summary>
    /// Removes all content, with what <c>pg_wal</c> and tablespaces point to; what cannot be removed is moved aside.
    /// </summary>
    private void Remove(string reason)
    {
        var directory = context.DataDirectory;
        if (!Directory.Exists(directory))
        {
            return;
        }

        try
        {
            foreach (var target in LinkedDirectories())
            {
                ClearContents(target);
            }

            ClearContents(directory);
            PgLog.Removed(context.Log, directory, reason);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            PgLog.StepFailed(context.Log, $"removing {directory}", e.Message);
            MoveAside();
        }
    }

    private void MoveAside()
    {
        foreach (var directory in LinkedDirectories().Append(context.DataDirectory))
        {
            if (!Directory.Exists(directory))
            {
                continue;
            }

            var target = directory + ".failed";
            if (Directory.Exists(target))
            {
                Directory.Delete(target, recursive: true);
            }

            Directory.Move(directory, target);
            PgLog.MovedAside(context.Log, directory, target);
        }
    }

    /// <summary>Where <c>pg_wal</c> and the tablespaces really are, when that is outside.</summary>
    private List<string> LinkedDirectories()
    {
        var tablespaces = Path.Combine(context.DataDirectory, "pg_tblspc");
        IEnumerable<string> candidates = Directory.Exists(tablespaces)
            ? Directory.EnumerateFileSystemEntries(tablespaces)
            : [];
        return [.. candidates
            .Append(Path.Combine(context.DataDirectory, "pg_wal"))
            .Select(path => new DirectoryInfo(path))
            .Where(info => info.Exists && info.LinkTarget is not null)
            .Select(info => info.ResolveLinkTarget(returnFinalTarget: true)?.FullName)
            .OfType<string>()
            .Where(Directory.Exists)];
    }

    /// <summary>
    /// The directory itself stays: it may be a mount point, and its owner and mode are the operator's.
    /// </summary>
    private static void ClearContents(string directory)
    {
        foreach (var entry in new DirectoryInfo(directory).EnumerateFileSystemInfos())
        {
            if (entry.Name == "lost+found")
            {
                continue;
            }

            if (entry is DirectoryInfo { LinkTarget: null } folder)
            {
                folder.Delete(recursive: true);
            }
            else
            {
                entry.Delete();
            }
        }
    }
}
