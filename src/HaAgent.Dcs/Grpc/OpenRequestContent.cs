using System.Net;

namespace HaAgent.Dcs.Grpc;

/// <summary>A request body that stays open: hands its stream out and ends when told to.</summary>
internal sealed class OpenRequestContent : HttpContent
{
    private readonly TaskCompletionSource<Stream> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the connection is there and the request's headers are on their way.</summary>
    public Task<Stream> Opened => _opened.Task;

    /// <summary>Ends the request side.</summary>
    public void Complete()
    {
        _completed.TrySetResult();
        _opened.TrySetCanceled();
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        // Without this flush the headers wait for the first byte of the body.
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        _opened.TrySetResult(stream);
        await _completed.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = -1;
        return false;
    }
}
