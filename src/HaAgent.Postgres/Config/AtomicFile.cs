namespace HaAgent.Postgres.Config;

/// <summary>Replaces files so that a reader, and a reboot, sees the old content or the new one whole.</summary>
internal static class AtomicFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const string TemporarySuffix = ".haagent-new";

    /// <summary>Writes, synchronises, renames, and synchronises the directory.</summary>
    /// <param name="mode">Exactly these bits, whatever the umask; set before any content is there.</param>
    /// <exception cref="IOException">It could not be written; the old file is untouched.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static void Write(string path, string content, UnixFileMode mode = OwnerOnly)
    {
        // A link (Debian keeps configuration files elsewhere) stays a link: what it points to is replaced.
        var target = File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path : path;
        var temporary = target + TemporarySuffix;
        File.Delete(temporary);
        using (var file = new FileStream(temporary, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.None,
            UnixCreateMode = OwnerOnly,
        }))
        {
            File.SetUnixFileMode(file.SafeFileHandle, mode);
            file.Write(System.Text.Encoding.UTF8.GetBytes(content));
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, target, overwrite: true);
        UnixFile.SynchronizeDirectory(Path.GetDirectoryName(target)!);
    }

    /// <summary>Writes only when the content differs; true when it did.</summary>
    public static bool WriteIfDifferent(string path, string content, UnixFileMode mode)
    {
        if (File.Exists(path) && File.ReadAllText(path) == content && File.GetUnixFileMode(path) == mode)
        {
            return false;
        }

        Write(path, content, mode);
        return true;
    }

    /// <summary>
    /// The mode for a file in the data directory (0600, or 0640 where the group may read it) or outside (by the umask).
    /// </summary>
    public static UnixFileMode ModeFor(string path, string dataDirectory)
    {
        if (Path.GetFullPath(path).StartsWith(dataDirectory + "/", StringComparison.Ordinal))
        {
            var groupReads = UnixFile.Stat(dataDirectory) is (_, var mode) && mode.HasFlag(UnixFileMode.GroupRead);
            return groupReads ? OwnerOnly | UnixFileMode.GroupRead : OwnerOnly;
        }

        const UnixFileMode All =
            OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        return All & ~Umask();
    }

    private static UnixFileMode Umask()
    {
        // umask(2) can only be read by changing it, for all threads.
        const string Field = "Umask:";
        foreach (var line in File.ReadLines("/proc/self/status"))
        {
            if (line.StartsWith(Field, StringComparison.Ordinal))
            {
                return (UnixFileMode)Convert.ToInt32(line[Field.Length..].Trim(), 8);
            }
        }

        return UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
    }
}
