using System.Globalization;

namespace HaAgent.Ctl.Prompts;

/// <summary>A PostgreSQL version as the members' <c>POST /restart</c> takes it (rest-api.md 10.3).</summary>
internal static class PostgresVersionText
{
    private const int FirstWithTwoParts = 10;

    /// <exception cref="CtlException">Neither <c>X.Y</c> from 10 on nor <c>X.Y.Z</c>.</exception>
    public static void Check(string version)
    {
        var parts = version.Split('.');
        if (!parts.All(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _)))
        {
            throw new CtlException($"Invalid PostgreSQL version: {version}");
        }

        var isModern = parts.Length == 2 && int.Parse(parts[0], CultureInfo.InvariantCulture) >= FirstWithTwoParts;
        if (!isModern && parts.Length != 3)
        {
            throw new CtlException($"Invalid PostgreSQL version format: X.Y or X.Y.Z is accepted: {version}");
        }
    }
}
