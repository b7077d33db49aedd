using System.Collections.Immutable;
using HaAgent.Dcs.Grpc;

namespace HaAgent.Dcs.Etcd;

/// <summary>The endpoints that are known, and the one in use. Safe for concurrent use.</summary>
internal sealed class EtcdEndpoints : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Func<Uri, IGrpcChannel> _connect;
    private readonly ImmutableArray<Uri> _configured;
    private readonly Random _random;
    private readonly Dictionary<Uri, EtcdEndpoint> _known = [];
    private ImmutableArray<Uri> _order;
    private EtcdEndpoint _current;
    private CancellationTokenSource _left = new();
    private int _members;

    public EtcdEndpoints(ImmutableArray<Uri> configured, Func<Uri, IGrpcChannel> connect, Random random)
    {
        _configured = configured;
        _connect = connect;
        _random = random;
        _order = configured;
        _members = configured.Length;
        _current = Known(configured[0]);
    }

    /// <summary>Used first by everybody, until somebody finds it wanting.</summary>
    public EtcdEndpoint Current
    {
        get
        {
            lock (_lock)
            {
                return _current;
            }
        }
    }

    /// <summary>How many different servers there are, for dividing time among them.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _members;
            }
        }
    }

    /// <summary>The endpoint in use, and a token that is cancelled when it is left.</summary>
    public (EtcdEndpoint Endpoint, CancellationToken Left) Use()
    {
        lock (_lock)
        {
            return (_current, _left.Token);
        }
    }

    /// <summary>Goes on to the next endpoint, unless somebody else already left this one.</summary>
    /// <returns>True when another endpoint is in use now by this call.</returns>
    public bool Leave(EtcdEndpoint endpoint)
    {
        CancellationTokenSource left;
        lock (_lock)
        {
            if (endpoint != _current || _order.Length < 2)
            {
                return false;
            }

            _current = Known(_order[(_order.IndexOf(endpoint.Address) + 1) % _order.Length]);
            left = _left;
            _left = new();
        }

        left.Cancel();
        left.Dispose();
        return true;
    }

    /// <summary>Takes over what the cluster says of itself; the configured endpoints stay as a last resort.</summary>
    /// <param name="answered">Who said so; it is known to work and stays as it is named here.</param>
    /// <param name="others">The client URLs of the other members.</param>
    /// <param name="members">How many members have a client URL.</param>
    public void Learn(EtcdEndpoint answered, IEnumerable<Uri> others, int members)
    {
        lock (_lock)
        {
            var shuffled = others.Distinct().ToArray();
            lock (_random)
            {
                _random.Shuffle(shuffled);
            }

            _order = [.. new[] { answered.Address }.Concat(shuffled).Concat(_configured).Distinct()];
            _members = Math.Max(1, members);
            if (!_order.Contains(_current.Address))
            {
                // It still works for who is using it; it is only no longer in the round.
                _order = _order.Add(_current.Address);
            }

            foreach (var gone in _known.Keys.Except(_order).ToArray())
            {
                _known.Remove(gone, out var endpoint);
                endpoint!.Dispose();
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var endpoint in _known.Values)
            {
                endpoint.Dispose();
            }

            _left.Dispose();
        }
    }

    private EtcdEndpoint Known(Uri address)
    {
        if (!_known.TryGetValue(address, out var endpoint))
        {
            endpoint = new(address, _connect);
            _known.Add(address, endpoint);
        }

        return endpoint;
    }
}
