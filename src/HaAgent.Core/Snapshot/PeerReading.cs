using HaAgent.Core.Model;

namespace HaAgent.Core.Snapshot;

/// <summary>What one member answered to <c>GET /patroni</c>, the ballot of elections.</summary>
public sealed record PeerReading(NodeName Name, Instant AskedAt, PeerAnswer Answer);

public abstract record PeerAnswer
{
    private PeerAnswer()
    {
    }

    /// <param name="Position">The furthest of received and replayed; for a primary its flush position.</param>
    public sealed record Answered(
        bool InRecovery,
        Lsn Position,
        Timeline Timeline,
        Tags Tags,
        bool WatchdogFailed,
        string State,
        string Role) : PeerAnswer;

    /// <summary>No usable ballot. <paramref name="Why"/> tells a refusal (nobody listens there) from silence.</summary>
    public sealed record Unreachable(PeerSilence Why) : PeerAnswer;
}

public enum PeerSilence
{
    /// <summary>The host refused the connection: no agent listens there.</summary>
    Refused,

    /// <summary>No answer in time: nothing is known (S6).</summary>
    TimedOut,

    /// <summary>It answered without a position: its PostgreSQL cannot be asked at present.</summary>
    NoPosition,
}
