using System.Runtime.InteropServices;

namespace HaAgent.Runtime;

/// <summary>SIGHUP, SIGTERM and SIGINT as events. Raised on a thread of the runtime; handlers must be quick.</summary>
internal sealed class HostSignals : IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _stopAsked;

    /// <param name="reload">On each SIGHUP.</param>
    /// <param name="stop">On the first SIGTERM or SIGINT; later ones do nothing, the shutdown is under way.</param>
    public HostSignals(Action reload, Action<string> stop)
    {
        Register(PosixSignal.SIGHUP, reload);
        Register(PosixSignal.SIGTERM, () => StopOnce(stop, "SIGTERM"));
        Register(PosixSignal.SIGINT, () => StopOnce(stop, "SIGINT"));
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }
    }

    private void StopOnce(Action<string> stop, string signal)
    {
        if (Interlocked.Exchange(ref _stopAsked, 1) == 0)
        {
            stop(signal);
        }
    }

    private void Register(PosixSignal signal, Action handle) =>
        _registrations.Add(PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true; // the default would end the process here and now
            handle();
        }));
}
