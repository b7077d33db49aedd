using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Ports;

/// <summary>The store, in outcomes rather than in its own nouns. Implementations: etcd v3; later Consul; the simulated one.</summary>
/// <remarks>
/// No method throws for an expected failure: silence and refusal are values. <see cref="OperationCanceledException"/> means that
/// <c>stop</c> was signalled. Every call ends by its <c>notAfter</c>. Calls about the lease are made one at a time.
/// </remarks>
public interface IDcs : IAsyncDisposable
{
    /// <summary>The newest picture, without waiting: the watch-fed cache, or why there is none.</summary>
    DcsReading Latest { get; }

    /// <summary>Raised on any thread when something changed that may matter to a decision.</summary>
    event Action<DcsChange>? Changed;

    /// <summary>The picture, waiting for the cache to be (re)built if it is not ready.</summary>
    Task<DcsReading> ReadAsync(Instant notAfter, CancellationToken stop);

    /// <summary>A linearizable read past the cache, for answers to operators and for configuration writes.</summary>
    Task<DcsReading> ReadFreshAsync(Instant notAfter, CancellationToken stop);

    /// <summary>Takes the leader key if nobody holds it, under this agent's lease (granted if need be).</summary>
    /// <remarks>A lost reply is read back before it is reported as unknown.</remarks>
    Task<LeaseAnswer> AcquireAsync(Instant notAfter, CancellationToken stop);

    /// <summary>After founding a cluster: puts the leader key under the own lease, whatever is there.</summary>
    Task<LeaseAnswer> TakeAsync(Instant notAfter, CancellationToken stop);

    /// <summary>
    /// Prolongs the own lease on the leader key and confirms it; moves the key to a new lease when it hangs on another one
    /// (after a restart of the agent) by the store's compare-and-set.
    /// </summary>
    /// <param name="mayCreate">When the key is gone: create it again. Never around a primary that held a confirmed lease.</param>
    Task<LeaseAnswer> RenewAsync(bool mayCreate, Instant notAfter, CancellationToken stop);

    /// <summary>Deletes the leader key if it still holds the own name. If that fails, the key expires.</summary>
    /// <remarks>Where the outcome is unknown it may happen later, but never to a key that was acquired or confirmed after this call.</remarks>
    Task<WriteOutcome> ReleaseAsync(Instant notAfter, CancellationToken stop);

    /// <summary>Writes the own member key under the own lease; skipped when it already holds this value on that lease.</summary>
    Task<WriteOutcome> WriteMemberAsync(string json, Instant notAfter, CancellationToken stop);

    /// <summary>Keeps the lease of the member key alive on a node that does not lead; grants one if there is none.</summary>
    Task<WriteOutcome> KeepSessionAsync(Instant notAfter, CancellationToken stop);

    /// <summary>Creates a key that must not exist.</summary>
    Task<WriteOutcome> CreateAsync(DcsRecord record, string value, Instant notAfter, CancellationToken stop);

    /// <summary>Writes a key; with <paramref name="expected"/> only if it has that version.</summary>
    Task<WriteOutcome> WriteAsync(DcsRecord record, string value, DcsVersion? expected, Instant notAfter, CancellationToken stop);

    /// <summary>Deletes a key; with <paramref name="expected"/> only if it has that version.</summary>
    Task<WriteOutcome> DeleteAsync(DcsRecord record, DcsVersion? expected, Instant notAfter, CancellationToken stop);

    /// <summary>New effective timing (a changed <c>ttl</c> means a new lease with the next renewal).</summary>
    void Configure(TimeSpan ttl, TimeSpan loopWait, TimeSpan retryTimeout);

    /// <summary>What an operator should know of this store, once, such as a version that breaks an assumption. Empty if nothing.</summary>
    IReadOnlyList<string> Notices { get; }
}

/// <summary>The keys that are not a lease's: <c>initialize</c>, <c>config</c>, ...</summary>
public enum DcsRecord
{
    Initialize,
    Config,
    Failover,
    Sync,
    History,
    Status,
    Failsafe,
}

/// <summary>What changed in the store, as far as wakers care.</summary>
[Flags]
public enum DcsChange
{
    None = 0,
    Leader = 1,
    Failover = 2,
    Config = 4,
    Members = 8,
    Status = 16,
    Other = 32,

    /// <summary>The picture became available, or was lost.</summary>
    Availability = 64,
}

/// <summary>How an attempt on the leader key ended.</summary>
public enum LeaseOutcome
{
    /// <summary>Held and confirmed.</summary>
    Held,

    /// <summary>Proven not to be held: the compare failed, or the lease is gone and with it the key.</summary>
    NotHeld,

    /// <summary>The reply was lost or proves nothing. Treat as not held when acquiring, as unconfirmed when renewing.</summary>
    Unknown,
}

/// <param name="SentAt">Taken before the request that prolonged the lease left; meaningful when held.</param>
/// <param name="GuaranteedFor">For how long from then the store documents that nobody else can get the key.</param>
/// <param name="Detail">For the operator: what was answered, by whom.</param>
public sealed record LeaseAnswer(LeaseOutcome Outcome, Instant SentAt, TimeSpan GuaranteedFor, string Detail)
{
    /// <summary>The lease (session) that the key hangs on, for the deadline word; 0 when not held.</summary>
    public long LeaseId { get; init; }

    public static LeaseAnswer NotHeld(string detail) => new(LeaseOutcome.NotHeld, default, default, detail);

    public static LeaseAnswer Unknown(string detail) => new(LeaseOutcome.Unknown, default, default, detail);
}

public enum WriteOutcome
{
    Written,

    /// <summary>The compare failed: the key is not what was expected.</summary>
    Refused,

    /// <summary>No answer, or one that proves nothing: it may or may not have been written.</summary>
    Unknown,
}
