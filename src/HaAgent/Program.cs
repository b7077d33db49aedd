namespace HaAgent;

/// <summary>The process. Composition comes with the agent's host.</summary>
internal static class Program
{
    private static int Main()
    {
        Console.Error.WriteLine($"haagent {Core.Contracts.ProductVersion.Own}");
        return 1;
    }
}
