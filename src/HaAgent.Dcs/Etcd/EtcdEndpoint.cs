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
    /// <param name="failed">The one that failed: one that was made since then is left alone.</param>
    public void Drop(IGrpcChannel failed)
    {
        lock (_lock)
        {
            var index = Array.IndexOf(_channels, failed);
            if (index >= 0)
            {
                _channels[index] = null;
            }
        }

        failed.Dispose();
    }

    public void Dispose()
    {
        IGrpcChannel?[] dropped;
        lock (_lock)
        {
            _disposed = true;
            dropped = [.. _channels];
            Array.Clear(_channels);
        }

        foreach (var channel in dropped)
        {
            channel?.Dispose();
        }
    }

    public override string ToString() => Address.GetLeftPart(UriPartial.Authority);
}
