using HaAgent.Core.Authority;
using HaAgent.Core.Model;
using Microsoft.Extensions.Logging;

namespace HaAgent.Core.Loop;

/// <summary>How late due renewals leave and are answered: the measure of how well the loop is kept from everything else.</summary>
internal sealed class StallMeter(ILogger logger)
{
    private static readonly TimeSpan Noteworthy = TimeSpan.FromSeconds(1);

    /// <summary>From when a renewal was due until it was sent.</summary>
    public DelayHistogram Delays { get; private set; } = DelayHistogram.Empty;

    /// <summary>From when a renewal was sent until the loop knew what came of it, be it that nobody answered.</summary>
    public DelayHistogram Answers { get; private set; } = DelayHistogram.Empty;

    /// <param name="due">When the renewal was to be sent; zero when it was asked for "now".</param>
    public void Sent(Instant due, Instant now, NodeAuthority authority)
    {
        if (authority is not NodeAuthority.Lease || due == Instant.Zero)
        {
            return;
        }

        var late = now - due;
        Delays = Delays.With(late);
        if (late > Noteworthy)
        {
            HaLog.LateRenewal(logger, late);
        }
    }

    /// <param name="sent">When the renewal was handed to the store's client.</param>
    public void Answered(Instant sent, Instant now) => Answers = Answers.With(now - sent);
}
