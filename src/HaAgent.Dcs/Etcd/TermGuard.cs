using HaAgent.Core.Model;
using HaAgent.Dcs.Protos;

namespace HaAgent.Dcs.Etcd;

/// <summary>Notices a member that lags behind: its raft term is lower than one that the same cluster has shown before.</summary>
/// <remarks>
/// Terms only grow, so a lower one comes from a member that was cut off before the last election. One exception: a cluster
/// restored from a backup under its old identity starts its terms anew. It is believed when nobody has shown the higher term
/// for longer than any lease of ours could have lived.
/// </remarks>
internal sealed class TermGuard(TimeProvider clock, Func<TimeSpan> forgetAfter)
{
    private readonly Lock _lock = new();
    private ulong _cluster;
    private ulong _term;
    private Instant _lastCurrent;

    /// <summary>Grows when what is known of the cluster no longer holds: another cluster answers, or a restored one.</summary>
    public long Epoch { get; private set; }

    /// <summary>The cluster has shown that it does not know its past any more.</summary>
    public void BeginAnew()
    {
        lock (_lock)
        {
            Epoch++;
        }
    }

    /// <summary>The highest term seen.</summary>
    public ulong Term
    {
        get
        {
            lock (_lock)
            {
                return _term;
            }
        }
    }

    /// <summary>Null when the answer is current; else what is wrong with it.</summary>
    public string? Judge(ResponseHeader? header)
    {
        if (header is null || header.ClusterId == 0 || header.RaftTerm == 0)
        {
            return null;
        }

        lock (_lock)
        {
            var now = Instant.Now(clock);
            var sameCluster = header.ClusterId == _cluster;
            if (sameCluster && header.RaftTerm < _term && now - _lastCurrent <= forgetAfter())
            {
                return $"member {header.MemberId:x} is behind: raft term {header.RaftTerm}, seen before: {_term}";
            }

            if (!sameCluster || header.RaftTerm < _term)
            {
                Epoch++;
            }

            _cluster = header.ClusterId;
            _term = header.RaftTerm;
            _lastCurrent = now;
            return null;
        }
    }
}
