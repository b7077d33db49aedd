using HaAgent.Core.Authority;
using HaAgent.Core.Loop;
using HaAgent.Core.Model;
using Microsoft.Extensions.Logging.Abstractions;

namespace HaAgent.Core.Tests.Loop;

public class The_lateness_of_renewals
{
    private static readonly NodeAuthority Lease =
        new NodeAuthority.Lease(LeaseTimes.From(Given.Now - TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30)));

    private readonly StallMeter _meter = new(NullLogger.Instance);

    [Fact]
    public void Is_counted_in_the_class_whose_bound_it_does_not_exceed()
    {
        Send(0, 1, 1.0001, 1000, 1000.0001, 5001);
        Assert.Equal(
            [2, 3, 3, 3, 3, 3, 3, 3, 3, 4, 5],
            Enumerable.Range(0, DelayHistogram.Bounds.Length).Select(_meter.Delays.CountUpTo));
        Assert.Equal(6, _meter.Delays.Count);
        Assert.Equal(TimeSpan.FromMilliseconds(5001), _meter.Delays.Worst);
        Assert.Equal(TimeSpan.FromMilliseconds(7003.0002), _meter.Delays.Sum);
    }

    [Fact]
    public void Is_nothing_for_one_that_was_sent_early()
    {
        Send(-700);
        Assert.Equal((1, 1, TimeSpan.Zero), (_meter.Delays.Count, _meter.Delays.CountUpTo(0), _meter.Delays.Sum));
    }

    [Fact]
    public void Is_not_asked_of_one_that_was_due_at_no_instant_or_had_no_lease_to_renew()
    {
        _meter.Sent(Instant.Zero, Given.Now, Lease);
        _meter.Sent(Given.Now - TimeSpan.FromSeconds(3), Given.Now, new NodeAuthority.None());
        Assert.Equal((0, TimeSpan.Zero), (_meter.Delays.Count, _meter.Delays.Worst));
    }

    [Fact]
    public void Is_not_mixed_with_the_time_until_the_answer()
    {
        Send(2);
        _meter.Answered(Given.Now, Given.Now + TimeSpan.FromMilliseconds(30));
        Assert.Equal(TimeSpan.FromMilliseconds(2), _meter.Delays.Worst);
        Assert.Equal((1, TimeSpan.FromMilliseconds(30)), (_meter.Answers.Count, _meter.Answers.Worst));
    }

    [Fact]
    public void Read_by_others_does_not_change_under_their_eyes()
    {
        Send(1);
        var read = _meter.Delays;
        Send(4000);
        Assert.Equal((1, TimeSpan.FromMilliseconds(1)), (read.Count, read.Worst));
    }

    private void Send(params double[] milliseconds) => Array.ForEach(
        milliseconds, late => _meter.Sent(Given.Now, Given.Now + TimeSpan.FromMilliseconds(late), Lease));
}
