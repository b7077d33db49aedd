using System.Collections.Immutable;

namespace HaAgent.Dcs.Etcd;

/// <summary>What an operator should know of the store, each once.</summary>
internal sealed class EtcdNotices
{
    private ImmutableList<string> _all = [];

    public IReadOnlyList<string> All => _all;

    public void Add(string notice) => ImmutableInterlocked.Update(ref _all, all => all.Contains(notice) ? all : all.Add(notice));
}
