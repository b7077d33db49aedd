using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Dcs.Records;
using HaAgent.Simulation.Etcd;

namespace HaAgent.Simulation.Agents;

/// <summary>The product's port to the store, with an eye on what it tells the agent of its writes.</summary>
/// <param name="inner">The port; it is owned.</param>
/// <param name="self">The member.</param>
/// <param name="refused">The agent is told that this was not written: the key's name, whether it was to be deleted, the call.</param>
internal sealed class WatchedDcs(IDcs inner, NodeName self, Action<string, bool, Errand> refused) : IDcs
{
    public DcsReading Latest => inner.Latest;

    public IReadOnlyList<string> Notices => inner.Notices;

    public event Action<DcsChange>? Changed
    {
        add => inner.Changed += value;
        remove => inner.Changed -= value;
    }

    public Task<DcsReading> ReadAsync(Instant notAfter, CancellationToken stop) => inner.ReadAsync(notAfter, stop);

    public Task<DcsReading> ReadFreshAsync(Instant notAfter, CancellationToken stop) => inner.ReadFreshAsync(notAfter, stop);

    public Task<LeaseAnswer> AcquireAsync(Instant notAfter, CancellationToken stop) => LeaseAsync(() => inner.AcquireAsync(notAfter, stop));

    public Task<LeaseAnswer> TakeAsync(Instant notAfter, CancellationToken stop) => LeaseAsync(() => inner.TakeAsync(notAfter, stop));

    public Task<LeaseAnswer> RenewAsync(bool mayCreate, Instant notAfter, CancellationToken stop) =>
        LeaseAsync(() => inner.RenewAsync(mayCreate, notAfter, stop));

    public Task<WriteOutcome> ReleaseAsync(Instant notAfter, CancellationToken stop) =>
        WriteAsync(DcsKeys.Leader, deletes: true, () => inner.ReleaseAsync(notAfter, stop));

    public Task<WriteOutcome> WriteMemberAsync(string json, Instant notAfter, CancellationToken stop) =>
        WriteAsync(DcsKeys.Member(self), deletes: false, () => inner.WriteMemberAsync(json, notAfter, stop));

    public Task<WriteOutcome> KeepSessionAsync(Instant notAfter, CancellationToken stop) => inner.KeepSessionAsync(notAfter, stop);

    public Task<WriteOutcome> CreateAsync(DcsRecord record, string value, Instant notAfter, CancellationToken stop) =>
        WriteAsync(DcsKeys.NameOf(record), deletes: false, () => inner.CreateAsync(record, value, notAfter, stop));

    public Task<WriteOutcome> WriteAsync(DcsRecord record, string value, DcsVersion? expected, Instant notAfter, CancellationToken stop) =>
        WriteAsync(DcsKeys.NameOf(record), deletes: false, () => inner.WriteAsync(record, value, expected, notAfter, stop));

    public Task<WriteOutcome> DeleteAsync(DcsRecord record, DcsVersion? expected, Instant notAfter, CancellationToken stop) =>
        WriteAsync(DcsKeys.NameOf(record), deletes: true, () => inner.DeleteAsync(record, expected, notAfter, stop));

    public void Configure(TimeSpan ttl, TimeSpan loopWait, TimeSpan retryTimeout) => inner.Configure(ttl, loopWait, retryTimeout);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private async Task<WriteOutcome> WriteAsync(string key, bool deletes, Func<Task<WriteOutcome>> write)
    {
        var errand = Errand.Begin();
        var outcome = await write();
        if (outcome == WriteOutcome.Refused)
        {
            refused(key, deletes, errand);
        }

        return outcome;
    }

    private async Task<LeaseAnswer> LeaseAsync(Func<Task<LeaseAnswer>> ask)
    {
        var errand = Errand.Begin();
        var answer = await ask();
        if (answer.Outcome == LeaseOutcome.NotHeld)
        {
            refused(DcsKeys.Leader, false, errand);
        }

        return answer;
    }
}
