using System.Globalization;
using HaAgent.Testing;
using HaAgent.Testing.Cluster;
using HaAgent.Testing.Processes;

namespace HaAgent.EndToEnd.Tests;

public class Renewals : ClusterTest
{
    private static readonly TimeProvider Clock = TimeProvider.System;

    /// <summary><c>build.sh soak</c> takes ten minutes; every other run a moment.</summary>
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(int.Parse(
        Environment.GetEnvironmentVariable("HAAGENT_SOAK_SECONDS") is { Length: > 0 } given ? given : "25", CultureInfo.InvariantCulture));

    [Fact]
    public async Task Come_on_time_while_PostgreSQL_hangs_the_machine_is_busy_and_clients_are_slow()
    {
        var leader = await StartAsync(new ClusterOptions { Witness = false });
        var key = await Cluster.ReadStoreAsync("leader") ?? throw new InvalidOperationException("Nobody leads.");
        var hung = leader.PostgresProcesses();
        var busy = Enumerable.Range(0, 2 * Environment.ProcessorCount).Select(BusyLoop).ToList();
        var left = new List<TimeSpan>();
        try
        {
            hung.ToList().ForEach(process => LinuxProcesses.Send(process.Pid, Signal.Stop));
            await using var clients = await HangingClients.ConnectAsync(leader.Configuration.RestPort, idle: 0, dripping: 500);
            var began = Clock.GetTimestamp();
            while (Clock.GetElapsedTime(began) < Duration)
            {
                left.Add(await Cluster.Store.LeaseLeftAsync(key));
                await Eventually.ReachedAsync(Clock.GetTimestamp(), TimeSpan.FromMilliseconds(100));
            }

            Assert.Equal(key, await Cluster.ReadStoreAsync("leader"));
        }
        finally
        {
            hung.ToList().ForEach(process => LinuxProcesses.Send(process.Pid, Signal.Continue));
            foreach (var loop in busy)
            {
                await loop.DisposeAsync();
            }
        }

        var stall = await leader.Rest.GetAsync("/metrics");
        Measured.Note($"renewals over {Duration.TotalSeconds:0} s, lease left at least / mostly", Distribution(left), "ttl 20 s - loop_wait 5 s - 1 s");
        Measured.Note("renewals, latest after due", Metric(stall.Body, "haagent_lease_stall_seconds") + " s", "1 s");
        await Cluster.WaitForLeaderAsync(leader, Patience);
        await AssertWritableAsync(leader.Name);
    }

    private ChildProcess BusyLoop(int index) => ChildProcess.Start(new ChildProcessSpec("/bin/sh", ["-c", "while :; do :; done"])
    {
        LogFile = Path.Combine(Cluster.Folder, $"busy{index}.log"),
    });

    /// <summary>etcd tells whole seconds.</summary>
    private static string Distribution(IReadOnlyList<TimeSpan> left)
    {
        var sorted = left.Order().ToArray();
        return $"{sorted[0].TotalSeconds:0} s / {sorted[sorted.Length / 2].TotalSeconds:0} s in {sorted.Length} looks";
    }

    private static string Metric(string metrics, string name) => metrics.Split('\n')
        .FirstOrDefault(line => line.StartsWith(name + "{", StringComparison.Ordinal) || line.StartsWith(name + " ", StringComparison.Ordinal))
        ?.Split(' ')[^1] ?? "?";
}
