using Microsoft.Extensions.Logging;

namespace HaAgent.Dcs.Etcd;

/// <summary>What the store's client says: events 3100 to 3199.</summary>
internal static partial class DcsLog
{
    [LoggerMessage(EventId = 3100, Level = LogLevel.Warning, Message = "Leaving etcd endpoint {Endpoint} for {Next}: {Status}")]
    public static partial void EndpointLeft(ILogger log, string endpoint, string next, string status);

    [LoggerMessage(EventId = 3101, Level = LogLevel.Information, Message = "Watching {Prefix} at {Endpoint} from revision {Revision}")]
    public static partial void WatchStarted(ILogger log, string prefix, string endpoint, long revision);

    [LoggerMessage(EventId = 3102, Level = LogLevel.Warning, Message = "The watch of {Prefix} at {Endpoint} ended: {Status}")]
    public static partial void WatchEnded(ILogger log, string prefix, string endpoint, string status);

    [LoggerMessage(EventId = 3103, Level = LogLevel.Critical, Message = "The watch of {Prefix} broke by a mistake of ours")]
    public static partial void WatchBroken(ILogger log, Exception fault, string prefix);

    [LoggerMessage(EventId = 3110, Level = LogLevel.Information, Message = "New lease {Lease:x}, {Ttl} s")]
    public static partial void LeaseGranted(ILogger log, long lease, double ttl);

    [LoggerMessage(EventId = 3111, Level = LogLevel.Warning, Message = "Lease {Lease:x} does not exist any more")]
    public static partial void LeaseGone(ILogger log, long lease);

    [LoggerMessage(EventId = 3112, Level = LogLevel.Information, Message = "Moving the leader key from lease {From:x} to {To:x}")]
    public static partial void LeaderKeyMoves(ILogger log, long from, long to);

    [LoggerMessage(EventId = 3120, Level = LogLevel.Information, Message = "etcd members: {Members}")]
    public static partial void MembersLearned(ILogger log, string members);

    [LoggerMessage(EventId = 3121, Level = LogLevel.Warning,
        Message = "The watch of {Prefix} at {Endpoint} showed nothing current and did not end when told to (it was {Phase}): beginning a new one")]
    public static partial void WatchLeftBehind(ILogger log, string prefix, string endpoint, string phase);

    [LoggerMessage(EventId = 3122, Level = LogLevel.Warning, Message = "{Notice}")]
    public static partial void Notice(ILogger log, string notice);
}
