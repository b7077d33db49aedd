using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using HaAgent.Core.Model;
using Microsoft.AspNetCore.Connections;

namespace HaAgent.Rest.Http;

/// <summary>One client connection: reads a head, has it answered, writes the answer, and again.</summary>
internal sealed class HttpConnection : RestRequest
{
    /// <summary>A new connection may stay silent for so long, and a head may take so long once begun.</summary>
    public static readonly TimeSpan HeadTimeout = TimeSpan.FromSeconds(15);

    /// <summary>Between two requests. Longer than the pause between two checks of common monitors.</summary>
    public static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(75);

    /// <summary>To send a body, or to take an answer.</summary>
    public static readonly TimeSpan TransferTimeout = TimeSpan.FromSeconds(15);

    /// <summary>Larger bodies are refused.</summary>
    public const int MaxBody = 1 << 20;

    /// <summary>A client that sends nothing for so long waits for us to close.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200);

    private readonly ConnectionContext _context;
    private readonly ConnectionTable _table;
    private readonly IRequestHandler _handler;
    private readonly ReplyWriter _writer;
    private readonly TimeProvider _clock;
    private HttpHead? _head;
    private byte[] _headBytes = [];
    private long _bodyLeft;
    private long _deadline;
    private long _waitingSince;

    public HttpConnection(
        ConnectionContext context, ConnectionTable table, IRequestHandler handler, ReplyWriter writer, TimeProvider clock)
    {
        _context = context;
        _table = table;
        _handler = handler;
        _writer = writer;
        _clock = clock;
        RemoteAddress = context.RemoteEndPoint is IPEndPoint { Address: var address }
            ? address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address
            : null;
        Wait(HeadTimeout);
    }

    public override HttpHead Head => _head ?? throw new InvalidOperationException("No request was read yet.");

    public override IPAddress? RemoteAddress { get; }

    public override CancellationToken Stop => _table.Stop;

    /// <summary>Past this the client has kept us waiting too long.</summary>
    public Instant Deadline => new(Volatile.Read(ref _deadline));

    public Instant WaitingSince => new(Volatile.Read(ref _waitingSince));

    /// <summary>It is the client's turn.</summary>
    public bool IsWaiting => Deadline != Instant.Never;

    public void Abort() => _context.Abort();

    public async Task RunAsync()
    {
        _table.Add(this);
        try
        {
            while (await ServeOneAsync().ConfigureAwait(false))
            {
                Wait(IdleTimeout);
            }
        }
        catch (ConnectionResetException)
        {
            // The client went away; there is nobody to tell.
        }
        catch (ConnectionAbortedException)
        {
            // Ours: it kept us waiting, or the listener stops.
        }
        catch (OperationCanceledException) when (Stop.IsCancellationRequested)
        {
            // An answer was cut short because the listener stops.
        }
        finally
        {
            _table.Remove(this);
        }
    }

    public override async ValueTask<byte[]?> ReadBodyAsync()
    {
        if (_bodyLeft is < 0 or > MaxBody)
        {
            return null;
        }

        if (_bodyLeft > 0 && Head.ExpectsContinue)
        {
            _context.Transport.Output.Write("HTTP/1.1 100 Continue\r\n\r\n"u8);
            await _context.Transport.Output.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }

        Wait(TransferTimeout);
        var input = _context.Transport.Input;
        var body = new byte[_bodyLeft];
        while (_bodyLeft > 0)
        {
            var read = await input.ReadAsync(CancellationToken.None).ConfigureAwait(false);
            var part = read.Buffer.Slice(0, Math.Min(_bodyLeft, read.Buffer.Length));
            part.CopyTo(body.AsSpan((int)(body.Length - _bodyLeft)));
            _bodyLeft -= part.Length;
            input.AdvanceTo(part.End);
            if (_bodyLeft > 0 && read.IsCompleted)
            {
                return null;
            }
        }

        Work();
        return body;
    }

    /// <returns>The connection stays open for another request.</returns>
    private async ValueTask<bool> ServeOneAsync()
    {
        var refusal = await ReadHeadAsync().ConfigureAwait(false);
        if (refusal < 0)
        {
            return false;
        }

        if (refusal > 0)
        {
            await SendAsync(ErrorPages.For(refusal), head: null, keepOpen: false).ConfigureAwait(false);
            await DrainAsync().ConfigureAwait(false);
            return false;
        }

        var head = Head;
        _bodyLeft = head.ContentLength ?? 0;
        Work();
        var reply = await _handler.AnswerAsync(this).ConfigureAwait(false);
        var keepOpen = head.KeepAlive && !reply.Closes && _bodyLeft == 0 && !Stop.IsCancellationRequested;
        await SendAsync(reply, head, keepOpen).ConfigureAwait(false);
        if (_bodyLeft != 0)
        {
            await DrainAsync().ConfigureAwait(false);
        }

        return keepOpen;
    }

    /// <returns>0: a head was read; a status code: refused; -1: the client has closed.</returns>
    private async ValueTask<int> ReadHeadAsync()
    {
        var input = _context.Transport.Input;
        var parser = default(HeadParser);
        var begun = false;
        while (true)
        {
            var read = await input.ReadAsync(CancellationToken.None).ConfigureAwait(false);
            var buffer = read.Buffer;
            if (parser.FindEnd(buffer, out var length) is var refusal and not 0)
            {
                input.AdvanceTo(buffer.End);
                return refusal;
            }

            if (length > 0)
            {
                refusal = TakeHead(buffer.Slice(0, length));
                input.AdvanceTo(buffer.GetPosition(length));
                return refusal;
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (read.IsCompleted)
            {
                return -1;
            }

            if (!begun && !buffer.IsEmpty)
            {
                begun = true;
                Wait(HeadTimeout);
            }
        }
    }

    private int TakeHead(in ReadOnlySequence<byte> bytes)
    {
        // Checks repeat themselves: the same bytes as last time need no parsing.
        if (bytes.IsSingleSegment && bytes.FirstSpan.SequenceEqual(_headBytes))
        {
            return 0;
        }

        var copy = bytes.ToArray();
        var refusal = HeadParser.Parse(copy, out var head);
        if (refusal == 0)
        {
            _head = head;
            _headBytes = copy.Length <= 4096 ? copy : [];
        }

        return refusal;
    }

    private async ValueTask SendAsync(HttpReply reply, HttpHead? head, bool keepOpen)
    {
        Wait(TransferTimeout);
        _writer.Write(_context.Transport.Output, reply, head, keepOpen);
        await _context.Transport.Output.FlushAsync(CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>
    /// Takes what the client still sends, until it is quiet: closing on unread data would reset the connection under
    /// the answer.
    /// </summary>
    private async ValueTask DrainAsync()
    {
        Wait(TransferTimeout);
        var input = _context.Transport.Input;
        var left = _bodyLeft > 0 ? Math.Min(_bodyLeft, MaxBody) : MaxBody;
        while (left > 0)
        {
            using var quiet = new CancellationTokenSource(Quiet, _clock);
            await using var wakeUp = quiet.Token.Register(input.CancelPendingRead);
            var read = await input.ReadAsync(CancellationToken.None).ConfigureAwait(false);
            left -= read.Buffer.Length;
            input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted || read.IsCanceled)
            {
                return;
            }
        }
    }

    private void Wait(TimeSpan patience)
    {
        var now = Instant.Now(_clock);
        Volatile.Write(ref _waitingSince, now.Ticks);
        Volatile.Write(ref _deadline, (now + patience).Ticks);
    }

    private void Work() => Volatile.Write(ref _deadline, Instant.Never.Ticks);
}
