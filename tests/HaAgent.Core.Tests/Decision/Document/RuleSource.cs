using System.Text;
using System.Text.RegularExpressions;

namespace HaAgent.Core.Tests.Decision.Document;

/// <summary>A row as it is written: its condition as readable text, and the comment above it.</summary>
internal sealed record WrittenRow(string Id, string File, string Condition, string Comment);

/// <summary>A word that conditions use: what it says in one sentence, and its own condition where it is a single one.</summary>
internal sealed record Word(string Name, string Summary, string Condition);

/// <summary>The rules as text: what a compiled predicate cannot tell of itself.</summary>
internal sealed partial class RuleSource
{
    private readonly Dictionary<string, string> _files;

    /// <param name="core">The folder of HaAgent.Core.</param>
    public RuleSource(string core)
    {
        _files = Directory.EnumerateFiles(Path.Combine(core, "Decision"), "*Rules.cs")
            .Concat(CommonFiles.Select(file => Path.Combine(core, file)))
            .ToDictionary(file => Path.GetFileName(file), File.ReadAllText);
        Rows = _files.SelectMany(file => RowStart().Matches(file.Value).Select(start => Row(file.Key, file.Value, start)))
            .ToDictionary(row => row.Id);
    }

    /// <summary>Where the words of all tables are defined, below the folder of the core.</summary>
    public static readonly IReadOnlyList<string> CommonFiles =
        ["Decision/NodeFacts.cs", "Election/Ballots.cs", "Election/CandidateRanking.cs"];

    public IReadOnlyDictionary<string, WrittenRow> Rows { get; }

    /// <summary>What the class says of itself.</summary>
    public string Summary(string file) => Plain(ClassSummary().Match(_files[file]).Groups["text"].Value);

    /// <summary>The words that this file defines, in their order; one without a word about itself must be short.</summary>
    public IEnumerable<Word> Words(string file) => Definition().Matches(_files[file])
        .Select(found => new Word(
            found.Groups["name"].Value,
            Plain(found.Groups["summary"].Value + found.Groups["comment"].Value),
            Short(found.Groups["condition"].Value)))
        .Where(word => word.Summary.Length + word.Condition.Length > 0);

    /// <summary>What holds for a row of another table, besides its own condition, where the file takes it over.</summary>
    public string AddedCondition(string file) => Readable(Added().Match(_files[file]).Groups["condition"].Value);

    private static WrittenRow Row(string file, string text, Match start)
    {
        var condition = FirstArgument(text, start.Index + start.Length);
        var above = text[..start.Index].Split('\n')[..^1].Reverse()
            .Select(line => line.Trim()).TakeWhile(line => line.StartsWith("// ", StringComparison.Ordinal)).Reverse();
        return new(start.Groups["id"].Value, file, Readable(condition), string.Join(' ', above.Select(line => line[3..])));
    }

    /// <summary>Up to the comma that belongs to no inner pair; without the comments in it.</summary>
    private static string FirstArgument(string text, int from)
    {
        var found = new StringBuilder();
        var depth = 0;
        for (var i = from; ; i++)
        {
            if (text[i] == '"')
            {
                var end = text.IndexOf('"', i + 1);
                found.Append(text, i, end - i + 1);
                i = end;
                continue;
            }

            if (text.AsSpan(i).StartsWith("//"))
            {
                i = text.IndexOf('\n', i);
            }

            depth += text[i] is '(' or '[' or '{' ? 1 : text[i] is ')' or ']' or '}' ? -1 : 0;
            if (depth < 0 || (depth == 0 && text[i] == ','))
            {
                return found.ToString();
            }

            found.Append(text[i]);
        }
    }

    /// <summary>C# as near to a sentence as it comes without changing its meaning.</summary>
    private static string Readable(string condition)
    {
        var text = Comment().Replace(condition, "");
        text = Spaces().Replace(text, " ").Trim();
        text = text.StartsWith("v => ", StringComparison.Ordinal) ? text[5..] : text is "_ => true" ? "always" : text;
        text = Either().Replace(text, " / ");
        text = text.Replace("!.", ".", StringComparison.Ordinal).Replace("!;", ";", StringComparison.Ordinal);
        text = Subject().Replace(text, "");
        text = Call().Replace(text, "");
        text = text.Replace("(v, ", "(", StringComparison.Ordinal);
        text = Not().Replace(text, "not ");
        text = TypeName().Replace(text, "");
        return text.Replace("&&", "and", StringComparison.Ordinal).Replace("||", "or", StringComparison.Ordinal)
            .Replace("==", "=", StringComparison.Ordinal).Replace("not =", "!=", StringComparison.Ordinal);
    }

    private static string Short(string condition) =>
        condition is "" or ['[', ..] or ['n', 'e', 'w', ..] || condition.Contains(" switch", StringComparison.Ordinal)
            || Readable(condition) is not { Length: < 300 } text
            ? ""
            : text;

    private static string Plain(string comment)
    {
        var text = Spaces().Replace(CommentMark().Replace(comment, " "), " ");
        text = Reference().Replace(text, match => $"`{match.Groups["name"].Value}`");
        text = Code().Replace(text, match => $"`{match.Groups["text"].Value}`");
        return text.Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal).Trim();
    }

    [GeneratedRegex(@"new\(""(?<id>[A-Z]+\d+)"",")]
    private static partial Regex RowStart();

    [GeneratedRegex(@"/// <summary>(?<text>(?:(?!</summary>)[\s\S])*)</summary>\s*internal static class")]
    private static partial Regex ClassSummary();

    [GeneratedRegex(
        @"(?:/// <summary>(?<summary>(?:(?!</summary>)[\s\S])*)</summary>\s*|(?<comment>(?:(?<=\n *)// [^\n]*\n\s*)+))?"
        + @"(?:private|public|internal) static (?!readonly)[\w<>?.,() ]+ (?<name>\w+)\((?:this )?\w+ \w+[^)]*\)"
        + @"(?:\s*=>\s*(?<condition>[^;]+);)?")]
    private static partial Regex Definition();

    [GeneratedRegex(@"When = v => (?<condition>.+) && row\.When\(v\)")]
    private static partial Regex Added();

    /// <summary>The alternatives of a pattern; those of conditions are still spelled otherwise.</summary>
    [GeneratedRegex(@" or ")]
    private static partial Regex Either();

    [GeneratedRegex(@"//[^\n]*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"(?<![\w.])v\.")]
    private static partial Regex Subject();

    [GeneratedRegex(@"(?<=\w)\((?:v)?\)")]
    private static partial Regex Call();

    [GeneratedRegex(@"!(?=[\w(])")]
    private static partial Regex Not();

    [GeneratedRegex(
        @"(?<![\w.])(?:NodeAuthority|FoundingState|RewindState|DataDirectory|LocalRole|LeaseRequest|CheckpointState|DcsReading|"
        + @"SqlReading|ControlState|OperatorRequest|SwitchoverChecks\.Verdict|CandidateRanking\.Verdict|PeerAnswer|JobSpec|"
        + @"CandidateRanking|Ballots|Election\.Ballots|Lsn|TimeSpan|NodeName|(?:Model\.)?Timeline(?=\.Unknown))\.")]
    private static partial Regex TypeName();

    [GeneratedRegex(@"///?")]
    private static partial Regex CommentMark();

    [GeneratedRegex(@"<(?:see cref|paramref name)=""(?<name>[^""]+)""\s*/>")]
    private static partial Regex Reference();

    [GeneratedRegex(@"<c>(?<text>[^<]*)</c>")]
    private static partial Regex Code();
}
