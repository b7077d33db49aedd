using HaAgent.Dcs.Grpc;

namespace HaAgent.Dcs.Etcd;

/// <summary>Which of an endpoint's two connections a call takes.</summary>
internal enum EtcdPath
{
    /// <summary>The lease and the leader key, and nothing else: no large answer, no flood of events is ever before them.</summary>
    Lease,

    /// <summary>The watch and all other reads and writes.</summary>
    Bulk,
}

/// <summary>One server address, and its connections while there are any.</summary>
internal sealed class EtcdEndpoint(Uri address, Func<Uri, IGrpcChannel> connect) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly IGrpcChannel?[] _channels = new IGrpcChannel?[2];
    private bool _disposed;

    public Uri Address { get; } = address;

    /// <summary>Null when the endpoint was dropped, as a removed member's is.</summary>
    public IGrpcChannel? Channel(EtcdPath path)
    {
        lock (_lock)
        {
            return _disposed ? null : _channels[(int)path] ??= connect(Address);
        }
    }

    /// <summary>Drops a connection that does not answer, so that the next call does not wait on it again.</summary>
    public void Reset(EtcdPath path)
    {
        IGrpcChannel? dropped;
        lock (_lock)
        {
            dropped = _channels[(int)path];
            _channels[(int)path] = null;
        }

        dropped?.Dispose();
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
        }

        Reset(EtcdPath.Lease);
        Reset(EtcdPath.Bulk);
    }

    public override string ToString() => Address.GetLeftPart(UriPartial.Authority);
}
