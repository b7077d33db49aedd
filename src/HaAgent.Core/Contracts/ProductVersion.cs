namespace HaAgent.Core.Contracts;

/// <summary>Versions this product speaks as.</summary>
public static class ProductVersion
{
    /// <summary>The Patroni version whose records and answers are emulated; peers parse it.</summary>
    public const string Compatibility = "4.1.4";

    /// <summary>The own version, published under <c>haagent</c>.</summary>
    public const string Own = "0.1.0";
}
