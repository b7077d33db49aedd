using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using HaAgent.Core.Settings;

namespace HaAgent.Core.Snapshot;

/// <summary>
/// <c>ttl</c>, <c>loop_wait</c> and <c>retry_timeout</c> after their minimums and the rule between them.
/// </summary>
/// <remarks>
/// Applied in memory by each node; the stored document stays as it is. Every peer applies the same rule in the same
/// order. Below a peer's minimums there are our own: what is between the two is used when all members can keep it.
/// </remarks>
public static class TimingRule
{
    /// <summary>Each peer raises what is below.</summary>
    public static readonly Timing PeersMinimums = Of(20, 1, 3);

    /// <summary>
    /// What the lease arithmetic can carry: docs/safety.md. A store raises leases that are shorter than 1.5 of its election
    /// timeouts, 1.5 s by default; a try of one second is the shortest that is fair to an endpoint.
    /// </summary>
    public static readonly Timing Floors = Of(5, 1, 1);

    private static readonly string[] Names = ["ttl", "loop_wait", "retry_timeout"];
    private static readonly long[] Defaults = [30, 10, 10];

    /// <returns>
    /// What every peer makes of it, and what is to be used instead when all members can keep it (null: nothing else). Null as a whole
    /// when a value is no integer; <see cref="Problem"/> says which.
    /// </returns>
    internal static (Timing Peers, Timing? Short)? Read(JsonObject document, ImmutableArray<string>.Builder notices)
    {
        var given = new long[Names.Length];
        for (var i = 0; i < Names.Length; i++)
        {
            if (!document.TryGetPropertyValue(Names[i], out var node))
            {
                given[i] = Defaults[i];
            }
            else if (WholeSeconds(node) is { } seconds)
            {
                given[i] = seconds;
            }
            else
            {
                return null;
            }
        }

        var allowed = Raised(given, Floors, notices);
        var peers = Balanced(Raised(allowed, PeersMinimums, null), notices);
        var isShort = !allowed.SequenceEqual(Raised(allowed, PeersMinimums, null));
        return (peers, isShort ? Balanced(allowed, notices) : null);
    }

    internal static string Problem(JsonObject document)
    {
        var name = Names.First(name => document.TryGetPropertyValue(name, out var node) && WholeSeconds(node) is null);
        return $"{name} = '{TextualForm.Of(document[name])}': give a whole number of seconds. "
            + "The dynamic configuration that holds it is not used; the one before it stays in force.";
    }

    private static long[] Raised(long[] values, Timing minimums, ImmutableArray<string>.Builder? notices)
    {
        var smallest = Seconds(minimums);
        for (var i = 0; i < Names.Length; i++)
        {
            if (values[i] < smallest[i])
            {
                notices?.Add(FormattableString.Invariant(
                    $"{Names[i]}={values[i]} can't be smaller than {smallest[i]}, adjusting..."));
            }
        }

        return [.. values.Zip(smallest, Math.Max)];
    }

    private static Timing Balanced(long[] values, ImmutableArray<string>.Builder notices)
    {
        var (ttl, loopWait, retryTimeout) = (values[0], values[1], values[2]);
        var violated = $"Violated the rule \"loop_wait + 2*retry_timeout <= ttl\", where ttl={ttl}, "
            + $"loop_wait={loopWait} and "
                + $"retry_timeout={retryTimeout}.";
        if (1 + (2 * retryTimeout) > ttl)
        {
            loopWait = 1;
            retryTimeout = (ttl - 1) / 2;
            notices.Add($"{violated} Using loop_wait={loopWait} and retry_timeout={retryTimeout}.");
        }
        else if (loopWait + (2 * retryTimeout) > ttl)
        {
            loopWait = ttl - (2 * retryTimeout);
            notices.Add($"{violated} Using loop_wait={loopWait}.");
        }

        return Of(ttl, loopWait, retryTimeout);
    }

    private static Timing Of(long ttl, long loopWait, long retryTimeout) =>
        new(TimeSpan.FromSeconds(ttl), TimeSpan.FromSeconds(loopWait), TimeSpan.FromSeconds(retryTimeout));

    private static long[] Seconds(Timing timing) =>
        [(long)timing.Ttl.TotalSeconds, (long)timing.LoopWait.TotalSeconds, (long)timing.RetryTimeout.TotalSeconds];

    /// <summary>An integer, also as text; a fraction in a number is cut off, as the peer does it.</summary>
    private static int? WholeSeconds(JsonNode? node)
    {
        var text = ValueParsers.Text(node)?.Trim();
        if (node is null || text is null || node.GetValueKind() is not (JsonValueKind.Number or JsonValueKind.String))
        {
            return null;
        }

        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
        {
            return whole;
        }

        return node.GetValueKind() == JsonValueKind.Number
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && Math.Abs(real) < int.MaxValue
            ? (int)real
            : null;
    }
}
