using Google.Protobuf;

namespace HaAgent.Dcs.Grpc;

/// <summary>One bidirectional call.</summary>
internal sealed class Http2GrpcStream<TRequest, TResponse> : IGrpcStream<TRequest, TResponse>
    where TRequest : class, IMessage<TRequest>
    where TResponse : class, IMessage<TResponse>
{
    private readonly HttpRequestMessage _request;
    private readonly OpenRequestContent _content;
    private readonly MessageParser<TResponse> _parser;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _ending;
    private readonly CancellationToken _ended;
    private HttpResponseMessage? _response;
    private Stream? _answers;
    private Stream? _requests;
    private int _disposed;

    public Http2GrpcStream(
        HttpRequestMessage request,
        OpenRequestContent content,
        MessageParser<TResponse> parser,
        TimeProvider clock,
        CancellationToken channelDisposed)
    {
        _request = request;
        _content = content;
        _parser = parser;
        _clock = clock;
        _ending = CancellationTokenSource.CreateLinkedTokenSource(channelDisposed);
        _ended = _ending.Token;
    }

    /// <summary>Sends the request's headers and first message, then waits for the response's headers.</summary>
    public async Task<GrpcStatus> StartAsync(
        HttpMessageInvoker http, TRequest first, TimeSpan timeout, CancellationToken stop)
    {
        using var deadline = new CancellationTokenSource(timeout, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, deadline.Token, _ended);
        Task<HttpResponseMessage>? sending = null;
        try
        {
            // This token lives as long as the call: cancelling it later would reset the stream.
            sending = http.SendAsync(_request, _ended);
            var opened = await Task.WhenAny(sending, _content.Opened).WaitAsync(either.Token).ConfigureAwait(false);
            if (opened == _content.Opened)
            {
                _requests = await _content.Opened.ConfigureAwait(false);
                await _requests.WriteAsync(GrpcFrame.Encode(first), either.Token).ConfigureAwait(false);
                await _requests.FlushAsync(either.Token).ConfigureAwait(false);
            }

            _response = await sending.WaitAsync(either.Token).ConfigureAwait(false);
            if (GrpcResponse.StatusInHeaders(_response) is { } early)
            {
                return early;
            }

            _answers = await _response.Content.ReadAsStreamAsync(either.Token).ConfigureAwait(false);
            return GrpcStatus.Ok;
        }
        catch (Exception e) when (Http2GrpcChannel.IsExpected(e, stop))
        {
            return Http2GrpcChannel.Meaning(e, deadline.IsCancellationRequested, timeout);
        }
        finally
        {
            if (_response is null && sending is not null)
            {
                await AbandonAsync(sending).ConfigureAwait(false);
            }
        }
    }

    public async Task<bool> WriteAsync(TRequest message, TimeSpan timeout, CancellationToken stop)
    {
        if (_requests is not { } requests)
        {
            return false;
        }

        using var deadline = new CancellationTokenSource(timeout, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, deadline.Token, _ended);
        try
        {
            await requests.WriteAsync(GrpcFrame.Encode(message), either.Token).ConfigureAwait(false);
            await requests.FlushAsync(either.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (Http2GrpcChannel.IsExpected(e, stop))
        {
            return false;
        }
    }

    public async Task<GrpcReply<TResponse>> ReadAsync(CancellationToken stop)
    {
        if (_answers is not { } answers || _response is not { } response)
        {
            return GrpcReply<TResponse>.Failed(GrpcStatus.Broken("the stream was never opened"));
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, _ended);
        try
        {
            var message = await GrpcFrame.ReadAsync(answers, _parser, either.Token).ConfigureAwait(false);
            if (message is not null)
            {
                return GrpcReply<TResponse>.Of(message);
            }

            var status = GrpcResponse.StatusInTrailers(response);
            return GrpcReply<TResponse>.Failed(status.IsOk ? GrpcStatus.Broken("the server ended the stream") : status);
        }
        catch (Exception e) when (Http2GrpcChannel.IsExpected(e, stop))
        {
            await Task.Yield(); // off the stack of whoever cancelled: what follows disposes tokens
            return GrpcReply<TResponse>.Failed(Http2GrpcChannel.Meaning(e, timedOut: false, timeout: default));
        }
    }

    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _content.Complete();
            _ending.Cancel();
            _response?.Dispose();
            _request.Dispose();
            _ending.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Ends a request whose answer nobody waits for any more, and takes its failure in.</summary>
    private async Task AbandonAsync(Task<HttpResponseMessage> sending)
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        _content.Complete();
        try
        {
            using var late = await sending.ConfigureAwait(false);
        }
        catch (Exception e) when (Http2GrpcChannel.IsExpected(e, CancellationToken.None))
        {
            // It was given up on; how it failed is of no interest.
        }
    }
}
