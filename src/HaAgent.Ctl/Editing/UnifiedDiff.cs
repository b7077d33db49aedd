using System.Globalization;
using System.Text;

namespace HaAgent.Ctl.Editing;

/// <summary>The difference between two texts, line by line, with three lines of context.</summary>
internal static class UnifiedDiff
{
    private const int Context = 3;

    private enum Change
    {
        Kept,
        Removed,
        Added,
    }

    /// <returns>Empty when the texts are equal. The two header lines name no files.</returns>
    public static string Of(string before, string after)
    {
        var script = Script(Lines(before), Lines(after));
        var diff = new StringBuilder();
        foreach (var (from, to) in Hunks(script))
        {
            if (diff.Length == 0)
            {
                diff.Append("--- \n+++ \n");
            }

            Hunk(diff, script, from, to);
        }

        return diff.ToString();
    }

    private static string[] Lines(string text) => text.Length == 0 ? [] : text.TrimEnd('\n').Split('\n');

    /// <summary>The shortest list of kept, removed and added lines that leads from one text to the other.</summary>
    private static List<(Change Change, string Line)> Script(string[] before, string[] after)
    {
        // What both begin and end with is set aside first: the search below takes space for every pair of lines.
        var shorter = Math.Min(before.Length, after.Length);
        var head = before.Zip(after).TakeWhile(pair => pair.First == pair.Second).Count();
        var tail = before.Reverse().Zip(after.Reverse()).Take(shorter - head)
            .TakeWhile(pair => pair.First == pair.Second).Count();
        return
        [
            .. before[..head].Select(line => (Change.Kept, line)),
            .. Search(before[head..^tail], after[head..^tail]),
            .. before[^tail..].Select(line => (Change.Kept, line)),
        ];
    }

    private static List<(Change Change, string Line)> Search(string[] before, string[] after)
    {
        // common[i, j]: how many lines the rests of both texts, from i and from j on, have in common.
        var common = new int[before.Length + 1, after.Length + 1];
        for (var i = before.Length - 1; i >= 0; i--)
        {
            for (var j = after.Length - 1; j >= 0; j--)
            {
                common[i, j] = before[i] == after[j]
                    ? common[i + 1, j + 1] + 1
                    : Math.Max(common[i + 1, j], common[i, j + 1]);
            }
        }

        var script = new List<(Change, string)>();
        var (x, y) = (0, 0);
        while (x < before.Length || y < after.Length)
        {
            if (x < before.Length && y < after.Length && before[x] == after[y])
            {
                script.Add((Change.Kept, before[x++]));
                y++;
            }
            else if (y == after.Length || (x < before.Length && common[x + 1, y] >= common[x, y + 1]))
            {
                script.Add((Change.Removed, before[x++]));
            }
            else
            {
                script.Add((Change.Added, after[y++]));
            }
        }

        return script;
    }

    /// <summary>Ranges of the script: changes with their context; those whose contexts touch are one.</summary>
    private static IEnumerable<(int From, int To)> Hunks(List<(Change Change, string Line)> script)
    {
        var from = -1;
        var to = -1;
        for (var at = 0; at < script.Count; at++)
        {
            if (script[at].Change == Change.Kept)
            {
                continue;
            }

            if (from >= 0 && at - Context > to)
            {
                yield return (from, to);
                from = -1;
            }

            from = from < 0 ? Math.Max(0, at - Context) : from;
            to = Math.Min(script.Count, at + 1 + Context);
        }

        if (from >= 0)
        {
            yield return (from, to);
        }
    }

    private static void Hunk(StringBuilder diff, List<(Change Change, string Line)> script, int from, int to)
    {
        var hunk = script[from..to];
        var before = Range(script[..from], hunk, Change.Added);
        var after = Range(script[..from], hunk, Change.Removed);
        diff.Append(CultureInfo.InvariantCulture, $"@@ -{before} +{after} @@\n");
        foreach (var (change, line) in hunk)
        {
            diff.Append(change switch { Change.Removed => '-', Change.Added => '+', _ => ' ' }).Append(line).Append('\n');
        }
    }

    /// <summary>First line and count in one of the texts: all lines but those that only the other one has.</summary>
    private static string Range(
        List<(Change Change, string Line)> earlier, List<(Change Change, string Line)> hunk, Change onlyInOther)
    {
        var skipped = earlier.Count(step => step.Change != onlyInOther);
        var length = hunk.Count(step => step.Change != onlyInOther);
        return length == 1
            ? string.Create(CultureInfo.InvariantCulture, $"{skipped + 1}")
            : string.Create(CultureInfo.InvariantCulture, $"{(length == 0 ? skipped : skipped + 1)},{length}");
    }
}
