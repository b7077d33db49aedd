using System.Collections.Immutable;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;

namespace HaAgent.Core.Tests.Loop;

/// <summary>A store that is silent, or that refuses the lease although its picture shows the own name.</summary>
internal sealed class StoreThatConfirmsNothing(bool isSilent) : IDcs
{
    public DcsReading Latest => isSilent
        ? new DcsReading.Silent(DcsFailure.TimedOut)
        : new DcsReading.Answered(Given.Primary().Build().Cluster!, Instant.Zero);

    public event Action<DcsChange>? Changed
    {
        add { }
        remove { }
    }

    public IReadOnlyList<string> Notices => [];

    public Task<LeaseAnswer> RenewAsync(bool mayCreate, Instant notAfter, CancellationToken stop) =>
        Task.FromResult(isSilent
            ? LeaseAnswer.Unknown("no answer")
            : LeaseAnswer.NotHeld("the key hangs on another lease"));

    public Task<DcsReading> ReadAsync(Instant notAfter, CancellationToken stop) => Task.FromResult(Latest);

    public Task<DcsReading> ReadFreshAsync(Instant notAfter, CancellationToken stop) => Task.FromResult(Latest);

    public Task<LeaseAnswer> AcquireAsync(Instant notAfter, CancellationToken stop) => RenewAsync(true, notAfter, stop);

    public Task<LeaseAnswer> TakeAsync(Instant notAfter, CancellationToken stop) => RenewAsync(true, notAfter, stop);

    public Task<WriteOutcome> ReleaseAsync(Instant notAfter, CancellationToken stop) => Written();

    public Task<WriteOutcome> WriteMemberAsync(string json, Instant notAfter, CancellationToken stop) => Written();

    public Task<WriteOutcome> KeepSessionAsync(Instant notAfter, CancellationToken stop) => Written();

    public Task<WriteOutcome> CreateAsync(DcsRecord record, string value, Instant notAfter, CancellationToken stop) =>
        Written();

    public Task<WriteOutcome> WriteAsync(
        DcsRecord record, string value, DcsVersion? expected, Instant notAfter, CancellationToken stop) => Written();

    public Task<WriteOutcome> DeleteAsync(
        DcsRecord record, DcsVersion? expected, Instant notAfter, CancellationToken stop) => Written();

    public void Configure(TimeSpan ttl, TimeSpan loopWait, TimeSpan retryTimeout)
    {
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Task<WriteOutcome> Written() => Task.FromResult(isSilent ? WriteOutcome.Unknown : WriteOutcome.Written);
}

/// <summary>Nobody else is there.</summary>
internal sealed class NoPeers : IPeers
{
    public Task<ImmutableArray<PeerReading>> AskAsync(
        ImmutableArray<PeerAddress> peers, TimeSpan timeout, CancellationToken stop) =>
        Task.FromResult(peers
            .Select(peer => new PeerReading(peer.Name, Instant.Zero, new PeerAnswer.Unreachable(PeerSilence.Refused)))
            .ToImmutableArray());

    public void WarmUp(ImmutableArray<PeerAddress> peers)
    {
    }
}

/// <summary>A guard to which a predecessor left a deadline; it never fires.</summary>
internal sealed class GuardOfAPredecessor(Instant? deadline) : ILeaseGuard
{
    public event Action? Changed
    {
        add { }
        remove { }
    }

    public Instant? Predecessor => deadline;

    public GuardReading Latest => GuardReading.Watching;

    public bool TryArm(Instant deadline, Instant leaseEnd, long leaseId) => true;

    public bool TryDisarm(bool onlyIfNothingRuns) => true;

    public void Reset()
    {
    }
}

internal sealed class FixedSettings(HaSettings settings) : ISettingsSource
{
    public HaSettings Current => settings;

    public string DynamicJson => "{}";

    public void Accept(ConfigDocument document)
    {
    }

    public void ReloadLocal()
    {
    }
}
