namespace HaAgent.Ctl.Settings;

/// <summary>What was given before the command; null: not given.</summary>
internal sealed record GlobalOptions(string? ConfigFile, string? DcsUrl, bool Insecure);
