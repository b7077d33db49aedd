using System.Globalization;
using HaAgent.Testing;
using HaAgent.Testing.Processes;

namespace HaAgent.Tests.Systemd;

/// <summary>What is shipped for systemd, as systemd reads it.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public class The_unit
{
    private const string DropIn = "before-systemd-253.conf";

    /// <summary>
    /// What an older systemd says of the unit's own line before it reads the drop-in, which takes the line's place.
    /// </summary>
    private const string TypeNotKnown = "Failed to parse service type, ignoring: notify-reload";

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private static readonly string Shipped = Path.Join(FindRepository(), "systemd");

    [Theory]
    [InlineData("Type=notify-reload")]
    [InlineData("User=postgres")]
    [InlineData("KillMode=process")]
    [InlineData("RuntimeDirectory=haagent")]
    [InlineData("RuntimeDirectoryPreserve=yes")]
    [InlineData("TimeoutStopSec=infinity")]
    [InlineData("Restart=always")]
    [InlineData("RestartSec=100ms")]
    [InlineData("OOMPolicy=continue")]
    public void Keeps_postgresql_out_of_harm(string line) =>
        Assert.Contains(line, File.ReadAllLines(Path.Join(Shipped, "haagent.service")));

    [Fact]
    public async Task Is_understood_by_systemd_from_253_on()
    {
        Assert.Equal(await KnowsNotifyReloadAsync() ? [] : [TypeNotKnown], await ComplaintsAsync(dropIn: null));
    }

    [Fact]
    public async Task Is_understood_by_an_older_systemd_with_the_drop_in()
    {
        var dropIn = await File.ReadAllTextAsync(Path.Join(Shipped, DropIn), TestContext.Current.CancellationToken);
        Assert.Equal(await KnowsNotifyReloadAsync() ? [] : [TypeNotKnown], await ComplaintsAsync(dropIn));
        Assert.Contains("\nType=notify\n", dropIn, StringComparison.Ordinal);

        // That systemd reads it there at all:
        var misspelt = await ComplaintsAsync(dropIn.Replace("ExecReload=", "ExecReloaf=", StringComparison.Ordinal));
        Assert.Contains(misspelt, complaint => complaint.Contains("'ExecReloaf'", StringComparison.Ordinal));
    }

    /// <summary>What <c>systemd-analyze verify</c> says of the unit in a system that has nothing else, without the places.</summary>
    private static async Task<IReadOnlyList<string>> ComplaintsAsync(string? dropIn)
    {
        using var root = TempFolder.Create("root");
        var units = Directory.CreateDirectory(root.File("etc/systemd/system")).FullName;
        foreach (var target in (string[])["sysinit", "basic", "shutdown", "network-online", "multi-user"])
        {
            Put(Path.Join(units, target + ".target"), "[Unit]\nDescription=stands for the system's own\n");
        }

        foreach (var program in (string[])["usr/bin/haagent", "bin/kill"])
        {
            Put(root.File(program), "#!/bin/sh\n");
            File.SetUnixFileMode(root.File(program), (UnixFileMode)0b111_101_101);
        }

        File.Copy(Path.Join(Shipped, "haagent.service"), Path.Join(units, "haagent.service"));
        if (dropIn is not null)
        {
            Put(Path.Join(units, "haagent.service.d", DropIn), dropIn);
        }

        var verified = await Command.RunAsync(
            "systemd-analyze", ["verify", "--root=" + root.Path, "--man=no", "haagent.service"], Soon,
            environment: new Dictionary<string, string?> { ["LC_ALL"] = "C", ["SYSTEMD_LOG_LEVEL"] = "warning" });
        var said = verified.Err.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return [.. said.Select(line => line.StartsWith(root.Path, StringComparison.Ordinal) ? line.Split(": ", 2)[1] : line)];
    }

    private static async Task<bool> KnowsNotifyReloadAsync()
    {
        // systemd 252 (252.38-1~deb12u1)
        var words = (await Command.RunAsync("systemd-analyze", ["--version"], Soon)).OrThrow().Out.Split(' ');
        return int.Parse(words[1].Split('.', '~', '-')[0], CultureInfo.InvariantCulture) >= 253;
    }

    private static void Put(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    private static string FindRepository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Join(folder.FullName, "HaAgent.sln")))
        {
            folder = folder.Parent;
        }

        Assert.NotNull(folder);
        return folder.FullName;
    }
}
