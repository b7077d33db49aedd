using System.Globalization;
using HaAgent.Dcs.Grpc;

namespace HaAgent.Simulation.Etcd;

/// <summary>etcd's authentication with simple tokens; off until a user is set.</summary>
internal sealed class SimAuth
{
    private int _generation = 1;
    private int _tokens;

    /// <summary>Null: everybody may do everything.</summary>
    public (string Name, string Password)? User { get; set; }

    /// <summary>No token given before this is valid any more.</summary>
    public void ExpireTokens() => _generation++;

    public string NewToken() => string.Create(CultureInfo.InvariantCulture, $"{_generation}.{++_tokens}");

    /// <summary>Null when the request may pass.</summary>
    /// <param name="needsUser">A request without a token is refused as well.</param>
    public GrpcStatus? Judge(string? token, bool needsUser)
    {
        if (User is null || (token is null && !needsUser))
        {
            return null;
        }

        if (token is null)
        {
            return new(GrpcCode.InvalidArgument, "etcdserver: user name is empty", GrpcOrigin.Server);
        }

        return IsValid(token) ? null : new(GrpcCode.Unauthenticated, "etcdserver: invalid auth token", GrpcOrigin.Server);
    }

    private bool IsValid(string token) =>
        token.StartsWith(string.Create(CultureInfo.InvariantCulture, $"{_generation}."), StringComparison.Ordinal);
}
