using HaAgent.Core.Model;

namespace HaAgent.Core.Snapshot;

/// <summary>The lease guard, as far as decisions need it.</summary>
/// <param name="Fired">It has ended the server, or is about to: no right that this node has counts any more.</param>
/// <param name="NothingRuns">After a firing: no process of the server is left. Not looked for otherwise.</param>
/// <param name="MissingSince">Since when no guard process watches the deadline; null while one does, or none is wanted.</param>
public sealed record GuardReading(bool Fired, bool NothingRuns, Instant? MissingSince)
{
    /// <summary>A guard watches, and has had nothing to do.</summary>
    public static readonly GuardReading Watching = new(Fired: false, NothingRuns: false, MissingSince: null);
}
