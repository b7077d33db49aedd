namespace HaAgent.Dcs.Etcd;

/// <summary>The timing that requests and freshness are derived from.</summary>
public sealed record EtcdTiming(TimeSpan Ttl, TimeSpan LoopWait, TimeSpan RetryTimeout)
{
    public static readonly EtcdTiming Default =
        new(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10));

    /// <summary>How often the picture is checked to be current: twice a cycle, within 1 to 5 s.</summary>
    public TimeSpan CheckEvery => TimeSpan.FromSeconds(Math.Clamp(LoopWait.TotalSeconds / 2, 1, 5));

    /// <summary>
    /// A check, a try that fails for the shortest time that one may take, and another endpoint found: with the shortest times the
    /// loss of one endpoint would else cost the picture each time.
    /// </summary>
    private static readonly TimeSpan RoomForOneFailure = TimeSpan.FromSeconds(3);

    /// <summary>How long a picture may be shown after it was last known to be current: a check may be due, and fail for so long.</summary>
    public TimeSpan FreshFor
    {
        get
        {
            var wanted = CheckEvery + RetryTimeout;
            wanted = wanted > RoomForOneFailure ? wanted : RoomForOneFailure;
            return wanted < Ttl ? wanted : Ttl;
        }
    }
}
