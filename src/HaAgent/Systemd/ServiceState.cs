namespace HaAgent.Systemd;

/// <summary>What the service manager is told, and when. All members may be called from any thread.</summary>
/// <remarks>
/// Ready with the first completed turn and alive with every one, whatever the store answered: a store that is down is no
/// reason for the manager to give up on an agent, or to kill it.
/// </remarks>
internal sealed class ServiceState(SdNotify manager, TimeProvider clock, ILogger logger) : IDisposable
{
    private readonly SignOfLife _signOfLife = new(manager, clock);
    private readonly Lock _gate = new();
    private string _status = "";
    private bool _isReady;
    private bool _isReloading;
    private bool _isStopping;
    private TimeSpan _judged;

    /// <param name="status">What this node is and does, for people.</param>
    /// <param name="nextWithin">The next turn comes within this time.</param>
    public void TurnCompleted(string status, TimeSpan nextWithin)
    {
        lock (_gate)
        {
            _signOfLife.LoopHasTurned();
            if (_isStopping)
            {
                return;
            }

            if (!_isReady)
            {
                _isReady = manager.Ready(status); // again with the next turn, if the manager's queue was full
            }
            else if (status != _status)
            {
                manager.Status(status);
            }

            _status = status;
            Judge(nextWithin);
        }
    }

    /// <summary>Before it is ready a service is starting, and that goes on: no manager reloads it then.</summary>
    public void ReloadBegins()
    {
        lock (_gate)
        {
            _isReloading = _isReady && !_isStopping && manager.Reloading();
        }
    }

    public void ReloadEnds()
    {
        lock (_gate)
        {
            if (_isReloading && !_isStopping)
            {
                manager.Ready(_status);
            }

            _isReloading = false;
        }
    }

    public void Stopping(string status)
    {
        lock (_gate)
        {
            _isStopping = true;
            manager.Stopping(status);
        }
    }

    public void Dispose() => manager.Dispose();

    /// <summary>A watchdog without room for one late turn would kill healthy agents: said once for each cadence.</summary>
    private void Judge(TimeSpan nextWithin)
    {
        if (nextWithin == _judged)
        {
            return;
        }

        _judged = nextWithin;
        if (manager.WatchdogInterval is { } interval && interval < nextWithin * 2)
        {
            HostLog.WatchdogTooShort(
                logger, interval.TotalSeconds, nextWithin.TotalSeconds, (nextWithin * 2).TotalSeconds);
        }
    }
}
