using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace HaAgent.Dcs.Etcd;

/// <summary>What an operator should know of the store, each once.</summary>
internal sealed class EtcdNotices(ILogger log)
{
    private ImmutableList<string> _all = [];

    public IReadOnlyList<string> All => _all;

    public void Add(string notice)
    {
        if (ImmutableInterlocked.Update(ref _all, static (all, one) => all.Contains(one) ? all : all.Add(one), notice))
        {
            DcsLog.Notice(log, notice);
        }
    }
}
