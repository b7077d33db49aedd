using System.Globalization;

namespace HaAgent.Ctl.CommandLine;

/// <summary>
/// Sorts words into options and arguments by the grammar of the tool this one stands in for (cli.md 2), strictly: what it does
/// not know is an error with that tool's text.
/// </summary>
/// <remarks>
/// A general parser that takes an unknown or misspelled option for an argument would turn <c>reload prod --froce</c> into the
/// name of a member; the rules here are few, and their error texts are contract.
/// </remarks>
internal sealed class WordParser
{
    private readonly CommandSpec? _command;
    private readonly OptionSpec[] _options;
    private readonly bool _stopAtFirstArgument;
    private readonly List<(OptionSpec Option, string? Value)> _given = [];
    private readonly List<string> _arguments = [];
    private readonly Queue<string> _words;

    private WordParser(CommandSpec? command, OptionSpec[] options, IEnumerable<string> words, bool stopAtFirstArgument)
    {
        _command = command;
        _options = options;
        _words = new(words);
        _stopAtFirstArgument = stopAtFirstArgument;
    }

    /// <summary>The program's own options, which come before the command; the command and its words are left over.</summary>
    /// <exception cref="UsageException">An unknown option, or one without its value.</exception>
    public static (ParsedArguments Options, string[] Left) Global(OptionSpec[] options, IEnumerable<string> words)
    {
        var parser = new WordParser(command: null, options, words, stopAtFirstArgument: true);
        parser.Sort();
        return (new(parser._given, new Dictionary<ArgumentSpec, string[]>()), [.. parser._words]);
    }

    /// <remarks>With <c>--help</c> nothing else is looked at.</remarks>
    /// <exception cref="UsageException">The words do not fit the command.</exception>
    public static ParsedArguments Command(CommandSpec command, IEnumerable<string> words)
    {
        var parser = new WordParser(command, command.Options, words, stopAtFirstArgument: false);
        parser.Sort();
        if (parser._given.Exists(given => given.Option == CommonOptions.Help))
        {
            return new([(CommonOptions.Help, null)], new Dictionary<ArgumentSpec, string[]>());
        }

        foreach (var (option, value) in parser._given)
        {
            parser.Check(option, value);
        }

        return new(parser._given, parser.Deal());
    }

    private void Sort()
    {
        while (_words.TryPeek(out var word))
        {
            if (word == "--")
            {
                _words.Dequeue();
                if (!_stopAtFirstArgument)
                {
                    _arguments.AddRange(_words);
                    _words.Clear();
                }

                return;
            }

            var isOption = word.Length > 1 && word[0] == '-';
            if (!isOption && _stopAtFirstArgument)
            {
                return;
            }

            _words.Dequeue();
            if (!isOption)
            {
                _arguments.Add(word);
            }
            else if (word.StartsWith("--", StringComparison.Ordinal))
            {
                TakeLong(word);
            }
            else
            {
                TakeShort(word);
            }
        }
    }

    private void TakeLong(string word)
    {
        var equals = word.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? word : word[..equals];
        var option = Find(name);
        if (equals >= 0 && !option.TakesValue)
        {
            throw Error($"Option '{name}' does not take a value.");
        }

        _given.Add((option, equals >= 0 ? word[(equals + 1)..] : option.TakesValue ? NextWord(name) : null));
    }

    /// <summary><c>-Wt</c> are two flags, <c>-fjson</c> is an option and its value.</summary>
    private void TakeShort(string word)
    {
        for (var at = 1; at < word.Length; at++)
        {
            var name = $"-{word[at]}";
            var option = Find(name);
            if (option.TakesValue)
            {
                _given.Add((option, at + 1 < word.Length ? word[(at + 1)..] : NextWord(name)));
                return;
            }

            _given.Add((option, null));
        }
    }

    private OptionSpec Find(string name) =>
        Array.Find(_options, option => option.Names.Contains(name)) ?? throw Error($"No such option: {name}");

    private string NextWord(string name) =>
        _words.TryDequeue(out var value) ? value : throw Error($"Option '{name}' requires an argument.");

    private void Check(OptionSpec option, string? value)
    {
        var fault = option.Kind switch
        {
            OptionKind.Integer when !long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _) =>
                $"'{value}' is not a valid integer.",
            OptionKind.Number when !double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                || !double.IsFinite(number) => $"'{value}' is not a valid float.",
            OptionKind.Choice when !option.Choices.Contains(value) => NotOneOf(value, option.Choices),
            _ => null,
        };
        if (fault is not null)
        {
            throw Error($"Invalid value for {string.Join(" / ", option.Names.Select(name => $"'{name}'"))}: {fault}");
        }
    }

    private Dictionary<ArgumentSpec, string[]> Deal()
    {
        var dealt = new Dictionary<ArgumentSpec, string[]>();
        var next = 0;
        var specs = _command!.Arguments; // only commands take arguments
        var behind = specs.Reverse().TakeWhile(argument => argument.Count == ArgumentCount.One).Count();
        foreach (var argument in specs)
        {
            var taken = argument.Count == ArgumentCount.Any
                ? _arguments[next..Math.Max(next, _arguments.Count - behind)]
                : [.. _arguments.Skip(next).Take(1)];
            if (taken.Count == 0 && argument.Count == ArgumentCount.One)
            {
                throw Error($"Missing argument '{argument.Name}'.");
            }

            if (taken.Find(word => argument.Choices.Length > 0 && !argument.Choices.Contains(word)) is { } wrong)
            {
                throw Error($"Invalid value for '{argument.Name}': {NotOneOf(wrong, argument.Choices)}");
            }

            dealt[argument] = [.. taken];
            next += taken.Count;
        }

        if (next < _arguments.Count)
        {
            var extra = _arguments[next..];
            throw Error($"Got unexpected extra argument{(extra.Count == 1 ? "" : "s")} ({string.Join(' ', extra)})");
        }

        return dealt;
    }

    private static string NotOneOf(string? value, string[] choices) =>
        $"'{value}' is not one of {string.Join(", ", choices.Select(choice => $"'{choice}'"))}.";

    private UsageException Error(string message) => new(_command, message);
}
