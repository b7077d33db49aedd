using System.Collections.Immutable;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Ports;

/// <summary>The other members' REST APIs.</summary>
public interface IPeers
{
    /// <summary>Asks all of them at once for their ballots. Always one reading each, in the order given.</summary>
    Task<ImmutableArray<PeerReading>> AskAsync(ImmutableArray<PeerAddress> peers, TimeSpan timeout, CancellationToken stop);

    /// <summary>Opens the connections that an election will need.</summary>
    void WarmUp(ImmutableArray<PeerAddress> peers);
}

/// <param name="ApiUrl">As published; used unchanged.</param>
public readonly record struct PeerAddress(NodeName Name, string ApiUrl);
