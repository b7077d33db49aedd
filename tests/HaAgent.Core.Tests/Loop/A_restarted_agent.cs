using HaAgent.Core.Contracts;
using HaAgent.Core.Loop;
using HaAgent.Core.Model;
using HaAgent.Core.Requests;
using HaAgent.Core.Snapshot;
using Microsoft.Extensions.Logging.Abstractions;

namespace HaAgent.Core.Tests.Loop;

/// <summary>The whole loop, over a PostgreSQL that the last agent left running as primary (S1, S2).</summary>
public class A_restarted_agent
{
    private static readonly TimeProvider Clock = TimeProvider.System;
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1);

    /// <summary>A fence that waits for this comes too late to be seen.</summary>
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan GivesUp = TimeSpan.FromMinutes(1);

    /// <summary>An orderly end begins this long before the deadline, at which the guard would end it.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMilliseconds(500);

    [Fact]
    public void Fences_the_primary_it_found_after_retry_timeout_when_nobody_left_a_deadline()
    {
        var began = Instant.Now(Clock);
        var fencedAt = Run(isSilent: true, predecessor: null, retryTimeout: Short);
        Assert.True(fencedAt >= began + Short - Margin, $"fenced {fencedAt - began} after the start");
    }

    [Fact]
    public void Fences_the_primary_it_found_at_the_deadline_that_its_predecessor_left()
    {
        var deadline = Instant.Now(Clock) + Short;
        var fencedAt = Run(isSilent: true, deadline, retryTimeout: Long);
        Assert.True(fencedAt >= deadline - Margin, $"fenced {deadline - fencedAt} before its deadline");
    }

    [Fact]
    public void Fences_the_primary_it_found_at_once_when_that_deadline_has_passed() =>
        Assert.NotNull(Run(isSilent: true, Instant.Now(Clock) - Short, retryTimeout: Long));

    [Fact]
    public void Fences_the_primary_it_found_at_once_when_the_store_refuses_its_lease() =>
        Assert.NotNull(Run(isSilent: false, predecessor: null, retryTimeout: Long));

    [Fact]
    public void Leaves_the_primary_it_found_alone_until_the_deadline() =>
        Assert.Null(Run(isSilent: true, predecessor: null, retryTimeout: Long, givesUp: Short));

    /// <summary>Runs the loop until the server was fenced.</summary>
    /// <returns>When it was told to end; null: not until the loop was given up.</returns>
    private static Instant? Run(bool isSilent, Instant? predecessor, TimeSpan retryTimeout, TimeSpan? givesUp = null)
    {
        var server = new RunningPrimary(Clock);
        using var loop = new HaLoop(new LoopParts
        {
            Identity = new(new("a"), "demo", "postgres://a:5432/postgres", "http://a:8008/patroni", null),
            Dcs = new StoreThatConfirmsNothing(isSilent),
            Postgres = server,
            Peers = new NoPeers(),
            Guard = new GuardOfAPredecessor(predecessor),
            Settings = new FixedSettings(HaSettings.Default with { RetryTimeout = retryTimeout }),
            Board = new StatusBoard(),
            Mailbox = new Mailbox(Clock),
            Clock = Clock,
            Alarms = Clock,
            Random = new Random(1),
            Loggers = NullLoggerFactory.Instance,
        });
        server.Changed += loop.RequestShutdown;
        using var pump = new LoopContext();
        Instant? fencedAt = null;
        pump.Run(async () =>
        {
            var ended = loop.RunAsync();
            await Task.WhenAny(ended, Task.Delay(givesUp ?? GivesUp, Clock));
            fencedAt = server.EndedAt;
            loop.RequestShutdown(); // which stops what still runs
            await ended;
        });
        return fencedAt;
    }
}
