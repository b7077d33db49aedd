namespace HaAgent.Rest.Http;

/// <summary>The head of one request, as far as this API looks at it.</summary>
internal sealed record HttpHead
{
    public required string Method { get; init; }
    public required RequestTarget Target { get; init; }

    /// <summary>The client speaks HTTP/1.1 or a later 1.x; otherwise 1.0.</summary>
    public required bool IsHttp11 { get; init; }

    /// <summary>The connection may carry another request afterwards.</summary>
    public required bool KeepAlive { get; init; }

    /// <summary>Null: no such header, hence no body that could be read.</summary>
    public long? ContentLength { get; init; }

    public string? Authorization { get; init; }

    /// <summary>The client waits for <c>100 Continue</c> before it sends the body.</summary>
    public bool ExpectsContinue { get; init; }
}
