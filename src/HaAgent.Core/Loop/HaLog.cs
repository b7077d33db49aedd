using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using Microsoft.Extensions.Logging;

namespace HaAgent.Core.Loop;

/// <summary>What the loop tells the operator. 1xxx loop, 2xxx decisions.</summary>
internal static partial class HaLog
{
    /// <summary>Category of the line that is written each cycle.</summary>
    public const string HeartbeatCategory = "HaAgent.Heartbeat";

    [LoggerMessage(EventId = 1001, Level = LogLevel.Information, Message = "{CycleText}")]
    public static partial void Heartbeat(ILogger logger, string cycleText);

    [LoggerMessage(EventId = 1002, Level = LogLevel.Information, Message = "Lock owner: {Leader}; I am {Node}")]
    public static partial void LockOwner(ILogger logger, string leader, NodeName node);

    [LoggerMessage(EventId = 1003, Level = LogLevel.Warning, Message = "Loop time exceeded, rescheduling immediately.")]
    public static partial void LoopTimeExceeded(ILogger logger);

    [LoggerMessage(EventId = 1004, Level = LogLevel.Critical,
        Message = "A promise of the agent's own code was broken; the local PostgreSQL is fenced and the agent ends")]
    public static partial void BrokenPromise(ILogger logger, Exception exception);

    [LoggerMessage(EventId = 1005, Level = LogLevel.Warning, Message = "The lease renewal that was due left {Late} late")]
    public static partial void LateRenewal(ILogger logger, TimeSpan late);

    [LoggerMessage(EventId = 1006, Level = LogLevel.Error, Message = "{Turns} turns in one cycle did not settle; the last rules were {Rules}")]
    public static partial void DidNotSettle(ILogger logger, int turns, string rules);

    [LoggerMessage(EventId = 1007, Level = LogLevel.Warning, Message = "{Notice}")]
    public static partial void Notice(ILogger logger, string notice);

    [LoggerMessage(EventId = 1008, Level = LogLevel.Information,
        Message = "Found PostgreSQL running as {Role}; its right to write is decided {Within} from now at the latest (deadline left by a predecessor: {HasPredecessor})")]
    public static partial void Adopted(ILogger logger, string role, TimeSpan within, bool hasPredecessor);

    [LoggerMessage(EventId = 1020, Level = LogLevel.Warning,
        Message = "{Asked} is below what every member can keep: {Node} has not said that it can (feature short-ttl). Using {InForce}")]
    public static partial void ShortTimesHindered(ILogger logger, Timing asked, NodeName node, Timing inForce);

    [LoggerMessage(EventId = 1021, Level = LogLevel.Information,
        Message = "{Asked} comes into force when every member seen has said for {For} s that it can keep it. Until then {InForce}")]
    public static partial void ShortTimesAwaited(ILogger logger, Timing asked, double @for, Timing inForce);

    [LoggerMessage(EventId = 1022, Level = LogLevel.Information,
        Message = "{Asked} comes into force when the leader {Leader} uses it. Until then {InForce}")]
    public static partial void ShortTimesNotLed(ILogger logger, Timing asked, NodeName leader, Timing inForce);

    [LoggerMessage(EventId = 1023, Level = LogLevel.Information, Message = "{InForce} is in force: every member seen in the last hour can keep it")]
    public static partial void ShortTimesInForce(ILogger logger, Timing inForce);

    [LoggerMessage(EventId = 2001, Level = LogLevel.Information, Message = "{Reason} (rule {RuleId})")]
    public static partial void Decided(ILogger logger, string reason, string ruleId);

    [LoggerMessage(EventId = 2010, Level = LogLevel.Warning,
        Message = "Fencing {Node} within {Within}: {Reason} (rule {RuleId}, authority left {AuthorityLeft})")]
    public static partial void Fencing(ILogger logger, NodeName node, TimeSpan within, string reason, string ruleId, TimeSpan authorityLeft);

    [LoggerMessage(EventId = 2011, Level = LogLevel.Warning, Message = "Fenced by a {Mode} stop: no client backend was left after {Took}")]
    public static partial void Fenced(ILogger logger, StopMode mode, TimeSpan took);

    [LoggerMessage(EventId = 2012, Level = LogLevel.Error, Message = "PostgreSQL did not stop within {Took}: killing its processes")]
    public static partial void Killing(ILogger logger, TimeSpan took);

    [LoggerMessage(EventId = 2013, Level = LogLevel.Error,
        Message = "The lease guard has fired: its deadline came and this agent had not moved it. PostgreSQL was ended without it")]
    public static partial void GuardFired(ILogger logger);

    [LoggerMessage(EventId = 2020, Level = LogLevel.Information, Message = "The leader lock is held, confirmed for {Length} from {Ago} ago")]
    public static partial void LeaseHeld(ILogger logger, TimeSpan length, TimeSpan ago);

    [LoggerMessage(EventId = 2021, Level = LogLevel.Warning, Message = "Could not take out TTL lock: {Detail}")]
    public static partial void LeaseNotHeld(ILogger logger, string detail);

    [LoggerMessage(EventId = 2022, Level = LogLevel.Warning, Message = "The store did not confirm the leader lock: {Detail}")]
    public static partial void LeaseUnknown(ILogger logger, string detail);

    [LoggerMessage(EventId = 2023, Level = LogLevel.Information, Message = "Leader key released, final position {FinalPosition}: {Outcome}")]
    public static partial void LeaseReleased(ILogger logger, Lsn finalPosition, WriteOutcome outcome);

    [LoggerMessage(EventId = 2024, Level = LogLevel.Warning, Message = "Writing {Record} to the store: {Outcome}")]
    public static partial void RecordNotWritten(ILogger logger, string record, WriteOutcome outcome);

    [LoggerMessage(EventId = 2030, Level = LogLevel.Information, Message = "Job started: {Label}")]
    public static partial void JobStarted(ILogger logger, string label);

    [LoggerMessage(EventId = 2031, Level = LogLevel.Information, Message = "Job ended: {Label} after {Took}: {Result}")]
    public static partial void JobEnded(ILogger logger, string label, TimeSpan took, string result);

    [LoggerMessage(EventId = 2032, Level = LogLevel.Warning, Message = "Job failed: {Label} after {Took}: {Result}")]
    public static partial void JobFailed(ILogger logger, string label, TimeSpan took, string result);

    [LoggerMessage(EventId = 2033, Level = LogLevel.Information, Message = "{Label}: {Phase}")]
    public static partial void JobPhase(ILogger logger, string label, string phase);

    [LoggerMessage(EventId = 2034, Level = LogLevel.Warning,
        Message = "PostgreSQL has been stopping for {Seconds} s; it waits for {WaitsFor}")]
    public static partial void StopLingers(ILogger logger, int seconds, string waitsFor);

    [LoggerMessage(EventId = 2040, Level = LogLevel.Warning, Message = "Upkeep failed: {Duty}: {Detail}")]
    public static partial void UpkeepFailed(ILogger logger, string duty, string detail);

    [LoggerMessage(EventId = 2050, Level = LogLevel.Information, Message = "Ballot of {Peer}: {Answer}")]
    public static partial void Ballot(ILogger logger, NodeName peer, string answer);

    [LoggerMessage(EventId = 2060, Level = LogLevel.Information, Message = "The agent ends with exit code {Code}: {Reason}")]
    public static partial void Ending(ILogger logger, int code, string reason);
}
