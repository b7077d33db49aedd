using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using HaAgent.Testing;
using HaAgent.Testing.Cluster;
using HaAgent.Testing.Processes;

namespace HaAgent.EndToEnd.Tests;

public class The_demo
{
    /// <summary>What it would like to listen on.</summary>
    private static readonly int[] UsualPorts = [8008, 8009, 8010, 5432, 5433, 5434, 2379, 5000, 5001, 7000];

    [Fact]
    public async Task Fails_over_unattended_beside_taken_ports_below_a_path_with_a_space_and_without_root()
    {
        using var folder = TempFolder.Create("demo", withSpace: true);
        Assert.Contains(' ', folder.Path);
        var program = CopyTo(folder, Path.Combine(AgentBinaries.RepositoryFolder!, "tests/HaAgent.Demo/bin/Release/net10.0", "HaAgent.Demo"));
        var occupants = UsualPorts.Select(Occupy).ToList();
        CommandResult result;
        try
        {
            result = await Command.RunAsync(
                program,
                ["--failover"],
                TimeSpan.FromSeconds(150),
                environment: new Dictionary<string, string?>
                {
                    ["HAAGENT_BIN"] = CopyTo(folder, AgentBinaries.Agent),
                    ["HAAGENTCTL_BIN"] = CopyTo(folder, AgentBinaries.Ctl),
                    ["HAAGENT_TEST_ROOT"] = folder.Subfolder("run"),
                },
                unprivileged: true);
        }
        finally
        {
            occupants.ForEach(occupant => occupant?.Dispose());
        }

        Assert.True(result.ExitCode == 0, result.Out + result.Err);
        Assert.Equal("", result.Err);
        Assert.Equal(["a", "b", "c"], Found(result, @"^  (\w+): [1-9]\d* rows acknowledged, [1-9]\d* present, 0 lost$"));
        Assert.Single(Found(result, "^  writable: ([abc])$"));
        Assert.Single(Found(result, "^(All of it held)"));
        Assert.All(Found(result, @"(?:-p |127\.0\.0\.1:)(\d+)"), port => Assert.DoesNotContain(int.Parse(port, null), UsualPorts));
        Assert.Empty(LinuxProcesses.WorkingBelow(folder.Path));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.File("run")));
    }

    private static List<string> Found(CommandResult result, string pattern) =>
        [.. Regex.Matches(result.Out, pattern, RegexOptions.Multiline).Select(match => match.Groups[1].Value)];

    /// <summary>Somebody listens there: this, unless somebody else does already.</summary>
    private static TcpListener? Occupy(int port)
    {
        if (!Ports.IsFree(port))
        {
            return null;
        }

        var occupant = new TcpListener(IPAddress.Any, port);
        occupant.Start();
        return occupant;
    }

    /// <summary>A program's files in a folder of their own, readable by all.</summary>
    private static string CopyTo(TempFolder folder, string program)
    {
        var target = folder.Subfolder(Path.GetFileName(program));
        foreach (var file in AgentBinaries.FilesOfProgram(program))
        {
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        }

        return Path.Combine(target, Path.GetFileName(program));
    }
}
