using System.Diagnostics.CodeAnalysis;

namespace HaAgent.Core.Model;

/// <summary>Promises of the agent's own code, checked in release builds too. A broken one ends the process, fenced.</summary>
public static class Invariant
{
    public static void Check([DoesNotReturnIf(false)] bool condition, string promise)
    {
        if (!condition)
        {
            throw new BrokenInvariantException(promise);
        }
    }
}

public sealed class BrokenInvariantException(string promise) : Exception($"broken invariant: {promise}");
