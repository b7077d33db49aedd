using System.Globalization;
using HaAgent.Testing.Cluster;

namespace HaAgent.EndToEnd.Tests;

/// <summary>Figures that the tests take, printed by <c>build.sh</c> after the tier; and the logs of failed tests.</summary>
internal static class Measured
{
    private static readonly Lock Gate = new();

    private static readonly string Folder = Environment.GetEnvironmentVariable("HAAGENT_TEST_LOGS") is { Length: > 0 } named
        ? named
        : Path.Combine(AppContext.BaseDirectory, "logs");

    /// <summary>Prints a figure, and what it may be at most by the product's limits.</summary>
    public static void Note(string what, TimeSpan value, string limit) =>
        Note(what, string.Create(CultureInfo.InvariantCulture, $"{value.TotalSeconds:0.000} s"), limit);

    public static void Note(string what, string value, string limit) => Append("measured.txt", $"{what}: {value} (limit: {limit})");

    public static void Append(string file, string line)
    {
        lock (Gate)
        {
            Directory.CreateDirectory(Folder);
            File.AppendAllText(Path.Combine(Folder, file), line + '\n');
        }
    }

    /// <summary>Copies every log file of the cluster, which is about to be removed.</summary>
    public static void KeepLogs(TestCluster cluster)
    {
        var test = string.Concat((TestContext.Current.Test?.TestDisplayName ?? "test").Split('.')[^1].Take(100));
        var target = Directory.CreateDirectory(Path.Combine(Folder, test.Replace('/', '_'), cluster.Scope)).FullName;
        foreach (var log in Directory.EnumerateFiles(cluster.Folder, "*.log", SearchOption.AllDirectories))
        {
            var name = Path.GetRelativePath(cluster.Folder, log).Replace('/', '-');
            File.Copy(log, Path.Combine(target, name), overwrite: true);
        }
    }
}
