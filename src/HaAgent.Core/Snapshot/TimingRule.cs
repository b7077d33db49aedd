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
/// order.
/// </remarks>
internal sealed record TimingRule(TimeSpan Ttl, TimeSpan LoopWait, TimeSpan RetryTimeout)
{
    private static readonly (string Name, int Default, int Minimum)[] Limits =
        [("ttl", 30, 20), ("loop_wait", 10, 1), ("retry_timeout", 10, 3)];

    /// <returns>Null when a value is no integer; <see cref="Problem"/> says which.</returns>
    public static TimingRule? Read(JsonObject document, ImmutableArray<string>.Builder notices)
    {
        var values = new long[Limits.Length];
        for (var i = 0; i < Limits.Length; i++)
        {
            var (name, otherwise, minimum) = Limits[i];
            if (!document.TryGetPropertyValue(name, out var node))
            {
                values[i] = otherwise;
                continue;
            }

            if (WholeSeconds(node) is not { } given)
            {
                return null;
            }

            if (given < minimum)
            {
                notices.Add(FormattableString.Invariant($"{name}={given} can't be smaller than {minimum}, adjusting..."));
            }

            values[i] = Math.Max(given, minimum);
        }

        return Balanced(ttl: values[0], loopWait: values[1], retryTimeout: values[2], notices);
    }

    public static string Problem(JsonObject document)
    {
        var name = Limits.Select(limit => limit.Name)
            .First(name => document.TryGetPropertyValue(name, out var node) && WholeSeconds(node) is null);
        return $"{name} = '{TextualForm.Of(document[name])}': give a whole number of seconds. "
            + "The dynamic configuration that holds it is not used; the one before it stays in force.";
    }

    private static TimingRule Balanced(long ttl, long loopWait, long retryTimeout, ImmutableArray<string>.Builder notices)
    {
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

        return new TimingRule(TimeSpan.FromSeconds(ttl), TimeSpan.FromSeconds(loopWait), TimeSpan.FromSeconds(retryTimeout));
    }

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
