using HaAgent.Core.Authority;
using HaAgent.Core.Model;

namespace HaAgent.Core.Tests.Authority;

public class Lease_times
{
    [Theory]
    [InlineData(30, 23.47, 28.47)]
    [InlineData(20, 15.647, 18.98)]
    [InlineData(5, 3.662, 4.495)]
    public void Leave_room_to_stop_before_the_lease_ends(double ttl, double fence, double guard)
    {
        var times = LeaseTimes.From(Given.Now, TimeSpan.FromSeconds(ttl));
        Assert.Equal(fence, (times.FenceAt - Given.Now).TotalSeconds, 2);
        Assert.Equal(guard, (times.GuardAt - Given.Now).TotalSeconds, 2);
    }

    [Fact]
    public void Are_in_order_for_every_length_a_lease_can_have()
    {
        for (var seconds = 2; seconds < 3600; seconds++)
        {
            var times = LeaseTimes.From(Given.Now, TimeSpan.FromSeconds(seconds));
            Assert.True(times.SentAt < times.FenceAt && times.FenceAt < times.GuardAt && times.GuardAt < times.LeaseEnd, $"{seconds} s");
            Assert.True(times.LeaseEnd - times.SentAt < TimeSpan.FromSeconds(seconds), $"{seconds} s");
        }
    }

    [Fact]
    public void Leave_one_whole_retry_after_a_failed_renewal_for_all_settings_the_rule_allows()
    {
        for (var ttl = 5; ttl <= 120; ttl++)
        {
            for (var retry = 1; retry <= (ttl - 1) / 2; retry++)
            {
                var loopWait = TimeSpan.FromSeconds(ttl - (2 * retry));
                var times = LeaseTimes.From(Given.Now, TimeSpan.FromSeconds(ttl));
                var every = times.RenewEvery(loopWait, TimeSpan.FromSeconds(retry));
                Assert.True(every > TimeSpan.Zero && every <= loopWait, $"ttl {ttl} retry {retry}: every {every}");
                Assert.True(times.SentAt + every + TimeSpan.FromSeconds(retry) <= times.FenceAt, $"ttl {ttl} retry {retry}");
            }
        }
    }

    [Fact]
    public void Renew_once_a_cycle_with_the_defaults() =>
        Assert.Equal(10, LeaseTimes.From(Given.Now, TimeSpan.FromSeconds(30)).RenewEvery(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10)).TotalSeconds);
}
