using System.Runtime.InteropServices;
using HaAgent.Demo;
using HaAgent.Testing.Cluster;

// A cluster of three on one machine, to look at or to watch failing over. Exit code 0: everything shown did hold.
if (args is not ([] or ["--failover"]))
{
    Console.Error.WriteLine("Usage: demo [--failover]");
    return 2;
}

using var stop = new CancellationTokenSource();
using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);

try
{
    Console.WriteLine("Starting etcd, three agents with PostgreSQL, and HAProxy ...");
    var began = TimeProvider.System.GetTimestamp();
    await using var cluster = await TestCluster.StartAsync(Showcase.Options, stop.Token);
    Console.WriteLine($"Three empty directories became a cluster in {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0.0} s.\n");
    await Showcase.DescribeAsync(cluster);
    if (args is ["--failover"])
    {
        return await new FailoverScene(cluster).PlayAsync(stop.Token) ? 0 : 1;
    }

    Console.WriteLine("Ctrl-C ends it and leaves nothing running.");
    await Task.Delay(Timeout.Infinite, stop.Token).ContinueWith(_ => { }, TaskScheduler.Default);
    return 0;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 130;
}
catch (TimeoutException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}

void End(PosixSignalContext signal)
{
    signal.Cancel = true; // the clusters are taken down first
    stop.Cancel();
}
