using HaAgent.Core.Ports;
using HaAgent.Dcs.Records;

namespace HaAgent.Dcs.Etcd;

/// <summary>How a write ended, and what it left.</summary>
/// <param name="Revision">Of the store at the answer; 0 without one.</param>
/// <param name="Key">The key afterwards; null when absent or not known.</param>
internal readonly record struct EtcdWrite(WriteOutcome Outcome, long Revision, StoredKey? Key)
{
    public static readonly EtcdWrite Unknown = new(WriteOutcome.Unknown, 0, null);
}
