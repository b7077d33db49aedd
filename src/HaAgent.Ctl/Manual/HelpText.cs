using System.Text;
using HaAgent.Ctl.CommandLine;

namespace HaAgent.Ctl.Manual;

/// <summary>What <c>--help</c> prints, written from the commands' own specifications.</summary>
internal sealed class HelpText(string program, bool isColoured)
{
    private const int Width = 80;
    private const int WidestLeft = 26;
    private const string Bold = "\u001b[1m";
    private const string Plain = "\u001b[0m";

    private readonly StringBuilder _text = new();

    public string Render(CommandSpec command)
    {
        _text.Append(UsageText.Line(program, command)).Append("\n\n");
        Paragraphs([command.Help, .. command.Details]);
        Columns("Options", command.Options.Select(option => (Left(option), option.FullHelp)));
        if (command.Examples.Length > 0)
        {
            _text.Append('\n');
            Heading("Examples");
            foreach (var example in command.Examples)
            {
                _text.Append($"  {Prose.Call(program, command, example)}\n      {example.Meaning}\n");
            }
        }

        return _text.ToString();
    }

    public string Render(OptionSpec[] globals, CommandSpec[] commands)
    {
        _text.Append(UsageText.Line(program, null)).Append("\n\n");
        Paragraphs([Prose.Purpose, .. Prose.Description]);
        Columns("Options", globals.Select(option => (Left(option), option.FullHelp)));
        foreach (var (topic, title) in Prose.Topics)
        {
            _text.Append('\n');
            Columns(title, commands.Where(command => command.Topic == topic).Select(command => (command.Name, command.Help)));
        }

        _text.Append($"\n  {program} COMMAND --help tells more about a command, {program} man everything.\n");
        return _text.ToString();
    }

    /// <summary>Short names first.</summary>
    public static string Left(OptionSpec option)
    {
        var names = string.Join(", ", option.Names.OrderBy(name => name.Length));
        return option.TakesValue ? $"{names} {option.Metavar}" : names;
    }

    private void Heading(string title) => _text.Append(isColoured ? $"{Bold}{title}:{Plain}\n" : $"{title}:\n");

    private void Paragraphs(IEnumerable<string> paragraphs)
    {
        foreach (var paragraph in paragraphs)
        {
            _text.Append("  ").AppendJoin("\n  ", Wrap(paragraph, Width - 2)).Append("\n\n");
        }
    }

    private void Columns(string title, IEnumerable<(string Left, string Right)> lines)
    {
        Heading(title);
        var rows = lines.ToArray();
        var width = Math.Min(WidestLeft, rows.Max(row => row.Left.Length));
        var indent = "\n" + new string(' ', width + 4);
        foreach (var (left, right) in rows)
        {
            _text.Append("  ").Append(left.PadRight(width)).Append(left.Length > width ? indent : "  ");
            _text.AppendJoin(indent, Wrap(right, Width - width - 4)).Append('\n');
        }
    }

    private static IEnumerable<string> Wrap(string text, int width)
    {
        var line = new StringBuilder();
        foreach (var word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line.ToString();
                line.Clear();
            }

            line.Append(line.Length > 0 ? " " : "").Append(word);
        }

        yield return line.ToString();
    }
}
