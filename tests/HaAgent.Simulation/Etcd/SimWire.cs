using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Etcd;

/// <summary>TCP over the simulated network: what was lost is sent again, at longer and longer intervals.</summary>
internal sealed class SimWire(SimWorld world)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(25.6);

    /// <param name="isWanted">Asked before it is sent again.</param>
    public void Send(SimHost from, SimHost to, Action arrive, Func<bool> isWanted) => Try(from, to, arrive, isWanted, FirstPause);

    private void Try(SimHost from, SimHost to, Action arrive, Func<bool> isWanted, TimeSpan pause) =>
        world.Network.Send(from.Name, to.Name, arrive, () => Again(from, to, arrive, isWanted, pause));

    private void Again(SimHost from, SimHost to, Action arrive, Func<bool> isWanted, TimeSpan pause) => world.Time.After(pause, () =>
    {
        if (!isWanted())
        {
            return;
        }

        var next = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        if (from.IsFrozen)
        {
            Again(from, to, arrive, isWanted, FirstPause);
        }
        else
        {
            Try(from, to, arrive, isWanted, next);
        }
    });
}
