namespace HaAgent.Rest.Http;

/// <summary>Answers requests; one connection's requests come one after the other.</summary>
internal interface IRequestHandler
{
    ValueTask<HttpReply> AnswerAsync(RestRequest request);
}

/// <summary>One request: its head, who sent it, and its body on demand.</summary>
internal abstract class RestRequest
{
    public abstract HttpHead Head { get; }

    /// <summary>An IPv4 address also where it came in on a dual-stack socket.</summary>
    public abstract System.Net.IPAddress? RemoteAddress { get; }

    /// <summary>The listener stops: answers may be cut short.</summary>
    public abstract CancellationToken Stop { get; }

    /// <summary>The whole body; null when it is larger than is taken, or did not come.</summary>
    public abstract ValueTask<byte[]?> ReadBodyAsync();
}
