namespace HaAgent.Simulation.Etcd;

/// <summary>One call of an agent to its store, through all its tries, and what the store made of it.</summary>
internal sealed class Errand
{
    private static readonly AsyncLocal<Errand?> UnderWay = new();

    /// <summary>The one in whose course this code runs; null: none.</summary>
    public static Errand? Current => UnderWay.Value;

    /// <summary>At which a transaction of it changed the store; 0: none has.</summary>
    public long Revision { get; private set; }

    /// <summary>What the calling method does from now on, until it returns.</summary>
    public static Errand Begin() => UnderWay.Value = new();

    public void TookEffect(long revision) => Revision = revision;
}
