using HaAgent.Testing.Cluster;
using HaAgent.Testing.Processes;

namespace HaAgent.EndToEnd.Tests;

[Collection(nameof(Undisturbed))]
public class The_REST_API : ClusterTest
{
    [Fact]
    public async Task Answers_health_checks_while_PostgreSQL_hangs_and_etcd_is_gone_and_clients_block_the_port()
    {
        var leader = await StartAsync(new ClusterOptions { Witness = false, TtlSeconds = 30, LoopWaitSeconds = 10, RetryTimeoutSeconds = 10 });
        var url = $"http://127.0.0.1:{leader.Configuration.RestPort}/primary";
        var calm = await HttpLoad.RunAsync(url);
        Assert.Equal("", calm.Errors);
        Measured.Note("health answers a second", calm.Rate, "at least 20000");
        Measured.Note("health answers, 99 of 100 within", calm.Within, "10 ms");

        await Cluster.Store.KillAllAsync();
        var hung = leader.PostgresProcesses();
        try
        {
            foreach (var process in hung)
            {
                LinuxProcesses.Send(process.Pid, Signal.Stop);
            }

            await using var clients = await HangingClients.ConnectAsync(leader.Configuration.RestPort, idle: 1000, dripping: 200);
            Assert.Equal(200, await leader.Rest.CheckAsync("/primary"));
            var troubled = await HttpLoad.RunAsync(url);
            Measured.Note("health answers in trouble, a second", troubled.Rate, "none");
            Measured.Note("health answers in trouble, 99 of 100 within", troubled.Within, "10 ms");
            Assert.Equal("", troubled.Errors);
        }
        finally
        {
            foreach (var process in hung)
            {
                LinuxProcesses.Send(process.Pid, Signal.Continue);
            }
        }

        // All of that was no reason to give anything up: the lease had not run out.
        Cluster.Store.StartAll();
        await Cluster.Store.WaitUntilHealthyAsync();
        await Cluster.WaitForLeaderAsync(leader, Patience);
        await AssertWritableAsync(leader.Name);
    }
}
