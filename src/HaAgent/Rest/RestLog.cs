namespace HaAgent.Rest;

/// <summary>What the REST API logs. Ids 5000 to 5999.</summary>
internal static partial class RestLog
{
    [LoggerMessage(EventId = 5010, Level = LogLevel.Error,
        Message = "Invalid value \"{Item}\" in the allowlist: it is left out")]
    public static partial void InvalidAllowlistItem(ILogger logger, string item);

    [LoggerMessage(EventId = 5011, Level = LogLevel.Error,
        Message = "Failed to resolve {Item} of the allowlist ({Detail}): it is left out")]
    public static partial void UnresolvedAllowlistItem(ILogger logger, string item, string detail);

    [LoggerMessage(EventId = 5012, Level = LogLevel.Error,
        Message = "No item of restapi.allowlist is usable: requests are accepted from any address")]
    public static partial void AllowlistIsEmpty(ILogger logger);

    [LoggerMessage(EventId = 5013, Level = LogLevel.Debug,
        Message = "The API host {Host} of a member does not resolve: {Detail}")]
    public static partial void UnresolvedMember(ILogger logger, string host, string detail);

    [LoggerMessage(EventId = 5020, Level = LogLevel.Warning,
        Message = "received failover request with leader specified - performing switchover instead")]
    public static partial void FailoverWithLeader(ILogger logger);

    [LoggerMessage(EventId = 5021, Level = LogLevel.Information,
        Message = "{Method} /{Endpoint} from {Client}: {Code} {Text}")]
    public static partial void Action(ILogger logger, string method, string endpoint, string client, int code, string text);

    [LoggerMessage(EventId = 5030, Level = LogLevel.Warning,
        Message = "restapi.server_tokens = '{Value}' is not one of original, minimal, productonly: original is used")]
    public static partial void UnknownServerTokens(ILogger logger, string value);

    [LoggerMessage(EventId = 5040, Level = LogLevel.Error,
        Message = "The REST API stays where it listens: {Reason}")]
    public static partial void CouldNotMove(ILogger logger, string reason);

    [LoggerMessage(EventId = 5041, Level = LogLevel.Information, Message = "The REST API listens on {Addresses}")]
    public static partial void Listening(ILogger logger, string addresses);
}
