using System.Text;
using System.Text.RegularExpressions;
using HaAgent.Core.Decision;
using HaAgent.Core.Jobs;
using HaAgent.Core.Tests.Decision.Rows;

namespace HaAgent.Core.Tests.Decision.Document;

/// <summary>docs/decisions.md: all rows of all tables, for whoever has a rule's id from a log line.</summary>
internal sealed class DecisionsDocument(RuleSource source, IReadOnlyDictionary<string, Example[]> examples)
{
    private const string Head = """
        # Decisions

        <!-- Written by ./build.sh decisions from the rules and from the examples of their tests. Do not edit. -->

        Each log line about a decision ends with the id of the row that made it, `(rule F60)`, and the REST status shows it as
        `haagent.rule`. Search for it here. A row says in which situation it decides, what the node then does, what it says, and the
        condition as it is written in the program.

        The tables are read in the order in which they stand here, each from the top, and the first row whose condition holds decides.
        A table in which none does passes the question on to the next. Words in conditions are explained below their table, those of
        all tables [at the end](#words). Names and values in what a node says are those of an example: node `a` leads, `b` and `c` follow.


        """;

    /// <summary>When a table is read at all, by <see cref="HaDecider"/>.</summary>
    private static readonly Dictionary<string, string> ReadWhen = new()
    {
        ["Fence"] = "first, in every turn",
        ["Lease"] = "second, in every turn",
        ["Requests"] = "in every turn",
        ["Job"] = "while a job runs; then nothing below is",
        ["Ending"] = "once the agent was told to end; then nothing below is",
        ["Founding"] = "while this node founds the cluster; then nothing below is",
        ["Operator"] = "when a restart or a new copy was asked for; then, as long as it has something to say",
        ["Gates"] = "otherwise, before what the server's role asks for",
        ["Hand-over"] = "from the stop of an old primary until the key is somebody else's",
        ["Paused"] = "under pause, unless there is neither a data directory nor a server",
        ["Empty data directory"] = "when there is neither a data directory nor a server",
        ["Stopped"] = "when there is a data directory and no server",
        ["Starting"] = "when a server runs that is starting up, or cannot be asked what it is",
        ["Primary"] = "when the server runs as primary",
        ["Replica"] = "when the server runs in recovery",
    };

    private static readonly Dictionary<Type, string> Does = new()
    {
        [typeof(HaDecision.Wait)] = "nothing but upkeep, until something changes",
        [typeof(HaDecision.RenewLease)] = "renews the lease on the leader key",
        [typeof(HaDecision.RaceForLease)] = "takes the leader key, if nobody holds it",
        [typeof(HaDecision.TakeLease)] = "puts the first leader key",
        [typeof(HaDecision.ReleaseLease)] = "gives the leader key away",
        [typeof(HaDecision.AskPeers)] = "asks other members where they are",
        [typeof(HaDecision.Fence)] = "**fences**: ends writing here, whatever it costs",
        [typeof(HaDecision.BeginScheduledSwitchover)] = "takes the time out of the request in the store, so that it begins",
        [typeof(HaDecision.EndSchedule)] = "begins the scheduled restart, or forgets it",
        [typeof(JobSpec.StopForRestart)] = "stops PostgreSQL in order to start it again",
        [typeof(HaDecision.CancelJob)] = "ends the running job",
        [typeof(HaDecision.AnswerPermit)] = "answers the job that asks whether it may change the data directory",
        [typeof(HaDecision.CreateInitialize)] = "claims the right to found the cluster",
        [typeof(HaDecision.WriteInitialize)] = "writes the system identifier into the store",
        [typeof(HaDecision.DeleteInitialize)] = "gives back the right to found the cluster",
        [typeof(HaDecision.WriteConfig)] = "writes the dynamic configuration into the store",
        [typeof(HaDecision.ClearFailover)] = "clears the switchover or failover request",
        [typeof(HaDecision.Admit)] = "does what the operator asked for",
        [typeof(HaDecision.Refuse)] = "refuses what the operator asked for",
        [typeof(HaDecision.Exit)] = "ends the agent",
        [typeof(JobSpec.Found)] = "makes a new cluster: initdb, first start, users",
        [typeof(JobSpec.BaseBackup)] = "copies a member, and starts as its replica",
        [typeof(JobSpec.StartPrimary)] = "starts PostgreSQL as primary",
        [typeof(JobSpec.StartReplica)] = "starts PostgreSQL as a replica",
        [typeof(JobSpec.Promote)] = "**promotes** PostgreSQL",
        [typeof(JobSpec.StopForHandOver)] = "stops PostgreSQL in order, for another to take over",
        [typeof(JobSpec.Stop)] = "stops PostgreSQL",
        [typeof(JobSpec.Compare)] = "finds out whether the local history has left the leader's",
        [typeof(JobSpec.Rewind)] = "runs pg_rewind",
        [typeof(JobSpec.Discard)] = "removes the data directory, or moves it aside",
    };

    private const int Width = 125;

    private readonly HashSet<string> _written = [];
    private readonly StringBuilder _all = new();
    private string _ofTable = "";

    public string Render()
    {
        var text = new StringBuilder(Head);
        foreach (var (table, rows) in HaDecider.Tables)
        {
            var file = source.Rows[rows[0].Id].File;
            text.AppendLine($"## {table}").AppendLine();
            var link = $"[{file}](../src/HaAgent.Core/Decision/{file})";
            Line(text, $"{source.Summary(file)} Read {ReadWhen[table]}. Source: {link}.").AppendLine();
            foreach (var row in rows)
            {
                Row(text, table, row.Id, file);
            }

            _all.Append(_ofTable);
            var files = rows.Select(row => source.Rows.GetValueOrDefault(row.Id)?.File).OfType<string>().Distinct();
            Words(text, $"### Words of {table}", files.SelectMany(source.Words), _ofTable);
            _ofTable = "";
        }

        var common = RuleSource.CommonFiles.SelectMany(file => source.Words(Path.GetFileName(file)));
        Words(text, "## Words", common, _all.ToString());
        return text.ToString().TrimEnd().ReplaceLineEndings("\n") + "\n";
    }

    private void Row(StringBuilder text, string table, string id, string file)
    {
        var views = examples[table].Where(example => example.Row == id).ToList();
        text.AppendLine($"### {id}{(_written.Add(id) ? "" : $" in {table}")}").AppendLine();
        foreach (var example in views)
        {
            Line(text, $"{example.Situation}.").AppendLine();
        }

        foreach (var does in views.Select(example => example.Does).Distinct())
        {
            Line(text, $"- Does: {Does[does]}");
        }

        foreach (var said in views.Select(Says).Distinct())
        {
            Line(text, $"- Says: {said}");
        }

        if (source.Rows.TryGetValue(id, out var written))
        {
            Line(text, $"- When: `{Used(written.Condition)}`");
            if (written.Comment.Length > 0)
            {
                Line(text, $"- Because: {written.Comment}");
            }
        }
        else
        {
            var original = source.Rows[id[1..]]; // taken over from another table under an id with this table's letter before
            var added = Used(source.AddedCondition(file));
            Line(text, $"- When: `{added}`, and as [{original.Id}](#{Anchor(original.Id)}): `{original.Condition}`");
        }

        text.AppendLine();
    }

    private static string Says(Example example)
    {
        var reason = HaDecider.Decide(example.View).Decision.Reason;
        return $"“{ReasonText.Render(example.View.Self, reason, paused: false)}” ({reason.Id})";
    }

    private static string Anchor(string heading) => heading.ToLowerInvariant();

    private string Used(string condition)
    {
        _ofTable += " " + condition;
        return condition;
    }

    /// <summary>Of these words, those that a condition uses, or another word that one uses.</summary>
    private void Words(StringBuilder text, string heading, IEnumerable<Word> words, string conditions)
    {
        var all = words.DistinctBy(word => word.Name).ToList();
        var used = new List<Word>();
        while (all.Find(word => !used.Contains(word) && IsUsed(word, conditions)) is { } next)
        {
            used.Add(next);
            conditions += " " + next.Condition;
            _all.Append(' ').Append(next.Condition);
        }

        if (used.Count == 0)
        {
            return;
        }

        text.AppendLine(heading).AppendLine();
        foreach (var word in all.Where(used.Contains))
        {
            var condition = word.Condition.Length > 0 ? $"`{word.Condition}`" : "";
            Line(text, $"- *{word.Name}*: {string.Join(' ', new[] { word.Summary, condition }.Where(part => part.Length > 0))}");
        }

        text.AppendLine();
    }

    private static bool IsUsed(Word word, string conditions) => Regex.IsMatch(conditions, $@"(?<![\w.]){word.Name}\b(?! =)");

    /// <summary>One paragraph or one item of a list, in lines that can be read in a terminal.</summary>
    private static StringBuilder Line(StringBuilder text, string line)
    {
        var indent = line.StartsWith("- ", StringComparison.Ordinal) ? "  " : "";
        var column = 0;
        foreach (var word in line.Split(' '))
        {
            // A line that begins with one of these would be a quotation, a heading or an item.
            if (column > 0 && column + 1 + word.Length > Width && word[0] is not ('>' or '#' or '+' or '-' or '*'))
            {
                text.AppendLine().Append(indent);
                column = indent.Length;
            }
            else if (column > 0)
            {
                text.Append(' ');
                column++;
            }

            text.Append(word);
            column += word.Length;
        }

        return text.AppendLine();
    }
}
