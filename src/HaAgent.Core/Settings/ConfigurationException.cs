namespace HaAgent.Core.Settings;

/// <summary>
/// A user's mistake in the configuration: which setting, what it holds, what to do. Never shown with a stack trace.
/// </summary>
public sealed class ConfigurationException : Exception
{
    /// <param name="setting">Full path, e.g. <c>restapi.listen</c>.</param>
    /// <param name="value">What it holds, as text; null when missing or secret.</param>
    /// <param name="remedy">A sentence that tells what to do.</param>
    public ConfigurationException(string setting, string? value, string remedy)
        : base(value is null ? $"{setting}: {remedy}" : $"{setting} = '{value}': {remedy}")
    {
        Setting = setting;
        Value = value;
    }

    /// <summary>For errors whose text is contract.</summary>
    public ConfigurationException(string text)
        : base(text)
    {
    }

    private ConfigurationException(string setting, string? value, string text, bool _)
        : base(text)
    {
        Setting = setting;
        Value = value;
    }

    public string? Setting { get; }
    public string? Value { get; }

    /// <summary>For errors whose text is contract and whose setting is known.</summary>
    public static ConfigurationException WithText(string setting, string? value, string text) => new(setting, value, text, true);
}
