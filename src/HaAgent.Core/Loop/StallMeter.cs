using HaAgent.Core.Authority;
using HaAgent.Core.Model;
using Microsoft.Extensions.Logging;

namespace HaAgent.Core.Loop;

/// <summary>How late due renewals leave: the measure of how well the loop is kept from everything else.</summary>
internal sealed class StallMeter(ILogger logger)
{
    private static readonly TimeSpan Noteworthy = TimeSpan.FromSeconds(1);

    /// <summary>The worst so far.</summary>
    public TimeSpan Worst { get; private set; }

    /// <param name="due">When the renewal was to be sent; zero when it was asked for "now".</param>
    public void Sent(Instant due, Instant now, NodeAuthority authority)
    {
        if (authority is not NodeAuthority.Lease || due == Instant.Zero)
        {
            return;
        }

        var late = now - due;
        if (late > Worst)
        {
            Worst = late;
        }

        if (late > Noteworthy)
        {
            HaLog.LateRenewal(logger, late);
        }
    }
}
