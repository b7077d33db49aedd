using System.Text;
using HaAgent.Ctl.CommandLine;

namespace HaAgent.Ctl.Manual;

/// <summary>The manual page in section 1, in the language of <c>man</c>(7), written from the commands' own specifications.</summary>
internal sealed class ManPage
{
    private readonly StringBuilder _text = new();

    private ManPage()
    {
    }

    public static string Render(OptionSpec[] globals, IReadOnlyCollection<CommandSpec> commands)
    {
        var page = new ManPage();
        page.Write(globals, commands);
        return page._text.ToString();
    }

    private void Write(OptionSpec[] globals, IReadOnlyCollection<CommandSpec> commands)
    {
        _text.Append(".\\\" Written by: haagentctl man. Changes are lost.\n");
        _text.Append(".TH HAAGENTCTL 1 \"\" HaAgent \"PostgreSQL high availability\"\n");
        Section("NAME");
        Text($"{Prose.Program} - {char.ToLowerInvariant(Prose.Purpose[0])}{Prose.Purpose[1..^1]}");
        Section("SYNOPSIS");
        Text(UsageText.Line(Prose.Program, null)["Usage: ".Length..]);
        Section("DESCRIPTION");
        Paragraphs(Prose.Description);
        Section("OPTIONS");
        Options(globals);
        Section("COMMANDS");
        foreach (var (topic, title) in Prose.Topics)
        {
            foreach (var command in commands.Where(command => command.Topic == topic))
            {
                Write(command, title);
            }
        }

        Section("EXIT STATUS");
        Terms(Prose.ExitCodes);
        Section("ENVIRONMENT");
        Terms(Prose.Environment);
        Section("FILES");
        Terms(Prose.Files);
        Section("SEE ALSO");
        Text("psql(1), pg_rewind(1), pg_basebackup(1)");
    }

    private void Write(CommandSpec command, string topic)
    {
        _text.Append($".SS \"{Escape(command.Name)} ({Escape(topic)})\"\n");
        Text(UsageText.Line(Prose.Program, command)["Usage: ".Length..]);
        Paragraphs([command.Help, .. command.Details]);
        Options(command.Options);
        foreach (var example in command.Examples)
        {
            _text.Append(".PP\n").Append(Escape(example.Meaning)).Append("\n.PP\n.in +4n\n.EX\n")
                .Append(Escape(Prose.Call(Prose.Program, command, example))).Append("\n.EE\n.in\n");
        }
    }

    private void Section(string title) => _text.Append($".SH {(title.Contains(' ', StringComparison.Ordinal) ? $"\"{title}\"" : title)}\n");

    private void Text(string text) => _text.Append(Escape(text)).Append('\n');

    private void Paragraphs(IEnumerable<string> paragraphs)
    {
        foreach (var paragraph in paragraphs)
        {
            _text.Append(".PP\n");
            Text(paragraph);
        }
    }

    private void Options(IEnumerable<OptionSpec> options) =>
        Terms(options.Where(option => option != CommonOptions.Help).Select(option => (HelpText.Left(option), option.FullHelp)));

    private void Terms(IEnumerable<(string Term, string Meaning)> terms)
    {
        foreach (var (term, meaning) in terms)
        {
            _text.Append($".TP\n.B \"{Escape(term).Replace("\"", "\\(dq", StringComparison.Ordinal)}\"\n");
            Text(meaning);
        }
    }

    /// <summary>Hyphens that can be copied; no line that begins like a request.</summary>
    private static string Escape(string text)
    {
        var escaped = text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal);
        return escaped.StartsWith('.') || escaped.StartsWith('\'') ? "\\&" + escaped : escaped;
    }
}
