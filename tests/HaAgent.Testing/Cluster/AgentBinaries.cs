using HaAgent.Testing.Processes;

namespace HaAgent.Testing.Cluster;

/// <summary>The programs under test: the published files, or what the last build made.</summary>
/// <remarks>
/// <c>HAAGENT_BIN</c> names the agent's file and <c>HAAGENTCTL_BIN</c> the command's; otherwise they are looked for in the repository.
/// A root-owned checkout may be closed to the user the agents run as: then they run from a copy.
/// </remarks>
public static class AgentBinaries
{
    private static readonly Lazy<string> AgentFile =
        new(() => RunnableByServiceUser(Find("haagent", "HAAGENT_BIN", "src/HaAgent")));

    private static readonly Lazy<string> CtlFile = new(() => Find("haagentctl", "HAAGENTCTL_BIN", "src/HaAgent.Ctl"));

    public static string Agent => AgentFile.Value;

    public static string Ctl => CtlFile.Value;

    /// <summary>The folder with <c>HaAgent.sln</c> above the running program; null when it runs elsewhere.</summary>
    public static string? RepositoryFolder { get; } = FindRepository();

    /// <summary>A published program is one file; a built one is its folder.</summary>
    public static IEnumerable<string> FilesOfProgram(string file) =>
        File.Exists(file + ".dll") ? Directory.EnumerateFiles(Path.GetDirectoryName(file)!) : [file];

    private static string Find(string name, string variable, string project)
    {
        if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } named)
        {
            return File.Exists(named) ? named : throw new FileNotFoundException($"{variable} names {named}, which is not there.");
        }

        var repository = RepositoryFolder ?? throw new InvalidOperationException($"Set {variable} to the path of {name}.");
        string[] places =
        [
            Path.Combine(repository, "artifacts/publish", name),
            Path.Combine(repository, project, "bin/Release/net10.0", name),
            Path.Combine(repository, project, "bin/Debug/net10.0", name),
        ];
        return places.FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException($"There is no {name} in {repository}: run ./build.sh publish.");
    }

    private static string RunnableByServiceUser(string file)
    {
        if (!ServiceUser.IsRoot || CanExecute(file))
        {
            return file;
        }

        var copy = Path.Combine(TempFolder.Root, $"haagent-bin-{Environment.ProcessId}");
        Directory.CreateDirectory(copy);
        foreach (var source in FilesOfProgram(file))
        {
            File.Copy(source, Path.Combine(copy, Path.GetFileName(source)), overwrite: true);
        }

        File.SetUnixFileMode(copy, (UnixFileMode)0b111_101_101);
        return Path.Combine(copy, Path.GetFileName(file));
    }

    private static bool CanExecute(string file)
    {
        using var test = System.Diagnostics.Process.Start(
            ServiceUser.CommandPrefix[0], [.. ServiceUser.CommandPrefix.Skip(1), "test", "-x", file]);
        test.WaitForExit();
        return test.ExitCode == 0;
    }

    private static string? FindRepository()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "HaAgent.sln")))
            {
                return folder;
            }
        }

        return null;
    }
}
