using HaAgent.Core.Snapshot;
using HaAgent.Dcs.Grpc;

namespace HaAgent.Dcs.Etcd;

/// <summary>What a status tells us to do.</summary>
internal enum EtcdMeaning
{
    Ok,

    /// <summary>The lease that was named does not exist: the one status that proves a loss.</summary>
    LeaseNotFound,

    /// <summary>This endpoint is silent, gone, slow or behind: it proves nothing, go to another.</summary>
    AnotherEndpoint,

    /// <summary>It proves nothing, and the endpoint is not to blame: ask again.</summary>
    Again,

    /// <summary>The token is missing, too old or of an older auth revision.</summary>
    Authenticate,

    /// <summary>The server refused for good (no space, not permitted, too large). It proves nothing about what is stored.</summary>
    Refused,
}

/// <summary>Meaning by code alone: words differ between versions and languages of servers and proxies.</summary>
internal static class EtcdErrors
{
    public static EtcdMeaning Meaning(GrpcStatus status) => status switch
    {
        { Code: GrpcCode.Ok } => EtcdMeaning.Ok,
        { Origin: GrpcOrigin.Unconfirmed } => EtcdMeaning.Again,
        { Origin: not GrpcOrigin.Server } => EtcdMeaning.AnotherEndpoint,

        // Of the requests we send, only those that name a lease can be answered so.
        { Code: GrpcCode.NotFound } => EtcdMeaning.LeaseNotFound,

        // "invalid auth token" is 16; "user name is empty" and "revision of auth store is old" are 3; "permission denied"
        // is 7 and may come from a token that was given before the role was.
        { Code: GrpcCode.Unauthenticated or GrpcCode.InvalidArgument or GrpcCode.PermissionDenied } => EtcdMeaning.Authenticate,

        { Code: GrpcCode.FailedPrecondition or GrpcCode.Aborted } => EtcdMeaning.Again,
        { Code: GrpcCode.ResourceExhausted or GrpcCode.OutOfRange or GrpcCode.Unimplemented or GrpcCode.AlreadyExists }
            => EtcdMeaning.Refused,

        // Unavailable, DeadlineExceeded (a member that lost its quorum or its leader), Unknown ("not a primary lessor"), ...
        _ => EtcdMeaning.AnotherEndpoint,
    };

    public static DcsFailure Failure(GrpcStatus status) => status.Origin switch
    {
        GrpcOrigin.Deadline => DcsFailure.TimedOut,
        GrpcOrigin.Transport => DcsFailure.Unreachable,
        _ => status.Code == GrpcCode.DeadlineExceeded ? DcsFailure.TimedOut : DcsFailure.Unclear,
    };
}
