using System.Buffers.Binary;
using Google.Protobuf;

namespace HaAgent.Dcs.Grpc;

/// <summary>gRPC's message frame: one byte of flags, four bytes of length, the message (gRPC over HTTP2, "Length-Prefixed-Message").</summary>
internal static class GrpcFrame
{
    /// <summary>A cluster's whole prefix is some kilobytes; anything near this is not ours.</summary>
    public const int LargestMessage = 64 * 1024 * 1024;

    private const int HeaderLength = 5;

    public static byte[] Encode(IMessage message)
    {
        var length = message.CalculateSize();
        var frame = new byte[HeaderLength + length];
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)length);
        message.WriteTo(frame.AsSpan(HeaderLength));
        return frame;
    }

    /// <returns>Null at the orderly end of the stream.</returns>
    /// <exception cref="InvalidDataException">Compressed (we ask for none), too large, or cut off.</exception>
    public static async Task<T?> ReadAsync<T>(Stream stream, MessageParser<T> parser, CancellationToken cancel)
        where T : class, IMessage<T>
    {
        var header = new byte[HeaderLength];
        var read = await stream.ReadAtLeastAsync(header, HeaderLength, throwOnEndOfStream: false, cancel)
            .ConfigureAwait(false);
        if (read == 0)
        {
            return null;
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(1));
        if (read < HeaderLength || header[0] != 0 || length > LargestMessage)
        {
            throw new InvalidDataException($"not a gRPC message: {read} bytes of header, flags {header[0]}, length {length}");
        }

        var body = new byte[length];
        read = await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancel).ConfigureAwait(false);
        return read == body.Length
            ? parser.ParseFrom(body)
            : throw new InvalidDataException($"a gRPC message of {length} bytes was cut off after {read}");
    }
}
