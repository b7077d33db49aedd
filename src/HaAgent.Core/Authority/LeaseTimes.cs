using HaAgent.Core.Model;

namespace HaAgent.Core.Authority;

/// <summary>The instants that follow from one confirmed renewal. Derived here and nowhere else.</summary>
/// <remarks>
/// <para><paramref name="LeaseEnd"/> = sent + G*(1-rho): G is what the store guarantees, counted from before the request
/// left. The store starts counting later than we do, and our clock runs at most rho faster than the store's, so nobody
/// else can hold the key before this instant.</para>
/// <para><paramref name="GuardAt"/>: no client backend may be left from here on. <paramref name="FenceAt"/>: an orderly
/// stop begins here at the latest.</para>
/// <para>Proof in docs/safety.md. 30 s: fence at 23.5, guard at 28.5. 5 s: 3.7 and 4.5.</para>
/// </remarks>
public readonly record struct LeaseTimes(Instant SentAt, Instant FenceAt, Instant GuardAt, Instant LeaseEnd)
{
    /// <summary>Largest assumed relative error between two hosts' clock rates.</summary>
    public const double ClockRateError = 0.001;

    private static readonly TimeSpan SmallestMargin = TimeSpan.FromMilliseconds(500);

    /// <param name="sentAt">Taken before the confirmed request left.</param>
    /// <param name="guaranteedFor">For how long the store documents that nobody else can get the key.</param>
    public static LeaseTimes From(Instant sentAt, TimeSpan guaranteedFor)
    {
        var leaseEnd = sentAt + (guaranteedFor * (1 - ClockRateError));
        var guardAt = leaseEnd - Larger(SmallestMargin, guaranteedFor / 20);
        var fenceAt = guardAt - Larger(SmallestMargin, guaranteedFor / 6);
        return new(sentAt, fenceAt, guardAt, leaseEnd);
    }

    /// <summary>How long after a renewal was sent the next one is due.</summary>
    /// <remarks>
    /// <c>min(loop_wait, FenceAt - sent - retry_timeout)</c>: positive for all settings that keep
    /// <c>loop_wait + 2*retry_timeout &lt;= ttl</c> at usual lengths; never less than a tenth of a second.
    /// </remarks>
    public TimeSpan RenewEvery(TimeSpan loopWait, TimeSpan retryTimeout)
    {
        var latest = FenceAt - SentAt - retryTimeout;
        var every = latest < loopWait ? latest : loopWait;
        return Larger(every, TimeSpan.FromMilliseconds(100));
    }

    private static TimeSpan Larger(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
