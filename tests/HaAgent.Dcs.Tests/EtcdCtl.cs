using System.Diagnostics;

namespace HaAgent.Dcs.Tests;

/// <summary>An operator at the shell.</summary>
internal static class EtcdCtl
{
    public static async Task<string> RunAsync(string endpoints, params string[] arguments)
    {
        var start = new ProcessStartInfo("etcdctl", ["--endpoints", endpoints, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["ETCDCTL_API"] = "3" },
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, await errors);
        return await output;
    }
}
