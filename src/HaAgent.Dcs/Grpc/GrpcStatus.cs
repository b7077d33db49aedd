namespace HaAgent.Dcs.Grpc;

/// <summary>gRPC status codes (grpc.io, "Status codes and their use in gRPC").</summary>
internal enum GrpcCode
{
    Ok = 0,
    Cancelled = 1,
    Unknown = 2,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    AlreadyExists = 6,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Aborted = 10,
    OutOfRange = 11,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    DataLoss = 15,
    Unauthenticated = 16,
}

/// <summary>Who made a status: only the server's own word can prove anything.</summary>
internal enum GrpcOrigin
{
    /// <summary>Sent by the server in <c>grpc-status</c>.</summary>
    Server,

    /// <summary>Our own deadline passed.</summary>
    Deadline,

    /// <summary>No connection, or it broke.</summary>
    Transport,

    /// <summary>An answer that we do not believe: its member lags behind what others have told.</summary>
    Stale,

    /// <summary>An answer that is true by itself but does not confirm what it was asked for.</summary>
    Unconfirmed,
}

/// <summary>How a call ended.</summary>
/// <param name="Message">For people; nothing is ever decided by its words.</param>
internal readonly record struct GrpcStatus(GrpcCode Code, string Message, GrpcOrigin Origin)
{
    public static readonly GrpcStatus Ok = new(GrpcCode.Ok, "", GrpcOrigin.Server);

    public bool IsOk => Code == GrpcCode.Ok;

    public static GrpcStatus TimedOut(string what) => new(GrpcCode.DeadlineExceeded, what, GrpcOrigin.Deadline);

    public static GrpcStatus Broken(string what) => new(GrpcCode.Unavailable, what, GrpcOrigin.Transport);

    public static GrpcStatus StaleMember(string what) => new(GrpcCode.Unavailable, what, GrpcOrigin.Stale);

    public static GrpcStatus Unconfirmed(string what) => new(GrpcCode.Aborted, what, GrpcOrigin.Unconfirmed);

    /// <summary>The same, with the name of who it is about.</summary>
    public GrpcStatus From(object server) => this with { Message = $"{server}: {Message}" };

    public override string ToString() => Origin switch
    {
        GrpcOrigin.Server => Message.Length == 0 ? $"status {Code}" : $"status {Code} ({Message})",
        _ => Message,
    };
}

/// <summary>A call's message, or the status that came instead of it.</summary>
/// <param name="Message">Not null exactly when the status is OK.</param>
internal readonly record struct GrpcReply<T>(GrpcStatus Status, T? Message)
    where T : class
{
    public static GrpcReply<T> Of(T message) => new(GrpcStatus.Ok, message);

    public static GrpcReply<T> Failed(GrpcStatus status) => new(status, null);

    public bool IsOk => Message is not null;
}
