using HaAgent.Ctl.CommandLine;
using HaAgent.Ctl.Commands;
using HaAgent.Ctl.Tests.Doubles;

namespace HaAgent.Ctl.Tests;

/// <summary>Each way in which a word of any command can be wrong.</summary>
public class Every_word_of_every_command
{
    public static TheoryData<string, string> Wrong => [.. CommandTable.All
        .SelectMany(command => OfOptions(command.Spec).Concat(OfArguments(command.Spec))
            .Select(fault => ($"{command.Spec.Name} {fault.Words}", fault.Sentence)))
        .Concat(OfOptions(CommonOptions.Global))];

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task Is_refused_in_its_own_sentence(string words, string sentence)
    {
        var run = await new Call(Given.Three()).RunAsync(words.Split(" ", StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal((2, ""), (run.Code, run.Out));
        Assert.StartsWith("Usage: haagentctl ", run.Error, Ordinal);
        Assert.EndsWith($" --help' for help.\n\nError: {sentence}\n", run.Error, Ordinal);
    }

    private static IEnumerable<(string Words, string Sentence)> OfOptions(CommandSpec spec)
    {
        var arguments = string.Concat(spec.Arguments
            .Where(argument => argument.Count == ArgumentCount.One)
            .Select(argument => (argument.Choices.Length > 0 ? argument.Choices[0] : "batman") + " "));
        return OfOptions(spec.Options).Append(("--nonsense", "No such option: --nonsense")).Append(("-?", "No such option: -?"))
            .Select(fault => (arguments + fault.Item1, fault.Item2));
    }

    private static IEnumerable<(string Words, string Sentence)> OfOptions(OptionSpec[] options)
    {
        foreach (var option in options)
        {
            var all = string.Join(" / ", option.Names.Select(name => $"'{name}'"));
            foreach (var name in option.Names)
            {
                if (option.TakesValue)
                {
                    yield return (name, $"Option '{name}' requires an argument.");
                }
                else if (name.StartsWith("--", Ordinal))
                {
                    yield return ($"{name}=1", $"Option '{name}' does not take a value.");
                }

                var fault = option.Kind switch
                {
                    OptionKind.Integer => "'1.5' is not a valid integer.",
                    OptionKind.Number => "'1.5s' is not a valid float.",
                    OptionKind.Choice => $"'1.5' is not one of {string.Join(", ", option.Choices.Select(choice => $"'{choice}'"))}.",
                    _ => null,
                };
                if (fault is not null)
                {
                    yield return ($"{name} {(option.Kind == OptionKind.Number ? "1.5s" : "1.5")}", $"Invalid value for {all}: {fault}");
                }
            }
        }
    }

    private static IEnumerable<(string Words, string Sentence)> OfArguments(CommandSpec spec)
    {
        if (spec.Arguments.FirstOrDefault(argument => argument.Count == ArgumentCount.One) is { } needed)
        {
            yield return ("", $"Missing argument '{needed.Name}'.");
        }

        if (spec.Arguments.All(argument => argument.Count != ArgumentCount.Any))
        {
            var full = string.Join(' ', spec.Arguments.Select(argument => argument.Choices.Length > 0 ? argument.Choices[0] : "batman"));
            yield return ($"{full} one", "Got unexpected extra argument (one)");
            yield return ($"{full} one two", "Got unexpected extra arguments (one two)");
        }
    }
}
