using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace HaAgent.Dcs.Grpc;

/// <summary>Where gRPC puts a call's status in an HTTP/2 response.</summary>
internal static class GrpcResponse
{
    /// <summary>The status of a reply without any message ("trailers-only"), or of one that is not gRPC at all.</summary>
    public static GrpcStatus? StatusInHeaders(HttpResponseMessage response)
    {
        if (Status(response.Headers) is { } status)
        {
            return status;
        }

        if (response.StatusCode != HttpStatusCode.OK)
        {
            return GrpcStatus.Broken($"not a gRPC server: HTTP status {(int)response.StatusCode}");
        }

        var type = response.Content.Headers.ContentType?.MediaType;
        return type?.StartsWith("application/grpc", StringComparison.Ordinal) == true
            ? null
            : GrpcStatus.Broken($"not a gRPC server: content type {type ?? "missing"}");
    }

    public static GrpcStatus StatusInTrailers(HttpResponseMessage response) =>
        Status(response.TrailingHeaders) ?? GrpcStatus.Broken("the reply ended without a status");

    private static GrpcStatus? Status(HttpHeaders headers)
    {
        if (!headers.TryGetValues("grpc-status", out var codes)
            || !int.TryParse(codes.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var code))
        {
            return null;
        }

        var message = headers.TryGetValues("grpc-message", out var messages) ? Uri.UnescapeDataString(messages.First()) : "";
        return new((GrpcCode)code, message, GrpcOrigin.Server);
    }
}
