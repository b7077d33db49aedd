using System.Globalization;

namespace HaAgent.Ctl.CommandLine;

/// <summary>The words of one call, checked and sorted. Options are looked up by identity.</summary>
internal sealed class ParsedArguments(
    IReadOnlyList<(OptionSpec Option, string? Value)> options, IReadOnlyDictionary<ArgumentSpec, string[]> arguments)
{
    public bool Has(OptionSpec option) => options.Any(given => given.Option == option);

    /// <summary>The last one given counts; null when not given.</summary>
    public string? Text(OptionSpec option) => options.LastOrDefault(given => given.Option == option).Value;

    public double? Number(OptionSpec option) =>
        Text(option) is { } text ? double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture) : null;

    /// <summary>All that were given, in order.</summary>
    public string[] All(OptionSpec option) => [.. options.Where(given => given.Option == option).Select(given => given.Value!)];

    public string[] All(ArgumentSpec argument) => arguments.GetValueOrDefault(argument, []);

    public string? One(ArgumentSpec argument) => All(argument).FirstOrDefault();
}
