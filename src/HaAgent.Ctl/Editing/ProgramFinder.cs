namespace HaAgent.Ctl.Editing;

/// <summary>Finds programs as a shell would, without one.</summary>
internal static class ProgramFinder
{
    /// <returns>The path to run; null when there is no such executable.</returns>
    public static string? Find(string? program, Func<string, string?> variable)
    {
        if (string.IsNullOrEmpty(program))
        {
            return null;
        }

        var places = program.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? [program]
            : (variable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
                .Select(folder => Path.Combine(folder, program));
        return places.FirstOrDefault(IsExecutable);
    }

    private static bool IsExecutable(string path)
    {
        const UnixFileMode Execute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return File.Exists(path) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & Execute) != 0);
    }
}
