using HaAgent.Core.Contracts;
using HaAgent.Core.Ports;
using HaAgent.Core.Requests;
using Microsoft.Extensions.Logging;

namespace HaAgent.Core.Loop;

/// <summary>Everything the loop stands on: its ports, its clock, its source of chance.</summary>
public sealed record LoopParts
{
    public required NodeIdentity Identity { get; init; }
    public required IDcs Dcs { get; init; }
    public required IPostgresServer Postgres { get; init; }
    public required IPeers Peers { get; init; }
    public required ILeaseGuard Guard { get; init; }
    public required ISettingsSource Settings { get; init; }
    public required StatusBoard Board { get; init; }
    public required Mailbox Mailbox { get; init; }

    /// <summary>Suspend-aware: CLOCK_BOOTTIME, or virtual.</summary>
    public required TimeProvider Clock { get; init; }

    /// <summary>The same clock, with timers that fire whatever else the process does.</summary>
    /// <remarks>What they call must be quick.</remarks>
    public required TimeProvider Alarms { get; init; }

    /// <summary>Seeded by the host, which logs the seed.</summary>
    public required Random Random { get; init; }
    public required ILoggerFactory Loggers { get; init; }
}
