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
        new(() => ForServiceUser(Find("haagent", "HAAGENT_BIN", "src/HaAgent"), "haagent-bin"));

    private static readonly Lazy<string> BuiltAgentFile =
        new(() => ForServiceUser(FindBuilt("src/HaAgent", "haagent"), "haagent-built"));

    private static readonly Lazy<string> StartupHookFile = new(() => ForServiceUser(
        FindBuilt("tests/HaAgent.Testing.StartupHook", "HaAgent.Testing.StartupHook.dll"), "haagent-hook"));

    private static readonly Lazy<string> CtlFile = new(() => Find("haagentctl", "HAAGENTCTL_BIN", "src/HaAgent.Ctl"));

    public static string Agent => AgentFile.Value;

    public static string Ctl => CtlFile.Value;

    /// <summary>The agent that the last build made, which needs the installed runtime and loads startup hooks.</summary>
    public static string BuiltAgent => BuiltAgentFile.Value;

    /// <summary>The assembly that <see cref="AgentHold"/> has loaded into the agent.</summary>
    public static string StartupHook => StartupHookFile.Value;

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
        var published = Path.Combine(repository, "artifacts/publish", name);
        return File.Exists(published) ? published : FindBuilt(project, name);
    }

    private static string FindBuilt(string project, string name)
    {
        var repository = RepositoryFolder ?? throw new InvalidOperationException("Not run from a checkout.");
        var folder = Path.Combine(repository, project, "bin");
        string[] places = [Path.Combine(folder, "Release/net10.0", name), Path.Combine(folder, "Debug/net10.0", name)];
        return places.FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException($"There is no {name} in {folder}: build it, or run ./build.sh publish.");
    }

    /// <summary>The file, or when that user may not use it a copy of it and of what belongs to it.</summary>
    private static string ForServiceUser(string file, string copyName)
    {
        if (!ServiceUser.IsRoot || IsUsable(file))
        {
            return file;
        }

        var copy = Path.Combine(TempFolder.Root, $"{copyName}-{Environment.ProcessId}");
        Directory.CreateDirectory(copy);
        foreach (var source in FilesOfProgram(file))
        {
            File.Copy(source, Path.Combine(copy, Path.GetFileName(source)), overwrite: true);
        }

        File.SetUnixFileMode(copy, (UnixFileMode)0b111_101_101);
        return Path.Combine(copy, Path.GetFileName(file));
    }

    private static bool IsUsable(string file)
    {
        var how = Path.GetExtension(file) == ".dll" ? "-r" : "-x";
        using var test = System.Diagnostics.Process.Start(
            ServiceUser.CommandPrefix[0], [.. ServiceUser.CommandPrefix.Skip(1), "test", how, file]);
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
