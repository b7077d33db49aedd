using System.Globalization;

namespace HaAgent.Postgres.Config;

/// <summary>The password file that walreceivers and tools read (libpq documentation, "The Password File").</summary>
internal static class PassFile
{
    /// <summary>
    /// One line per user who has a password; two where the host is a socket directory, which libpq looks up as
    /// localhost.
    /// </summary>
    public static string Render(UpstreamAddress target, params UserCredentials[] users)
    {
        var lines = new List<string>();
        foreach (var user in users)
        {
            if (user.Password is null)
            {
                continue;
            }

            lines.Add(Line(target.Host, target.Port, user));
            if (target.Host.StartsWith('/'))
            {
                lines.Add(Line("localhost", target.Port, user));
            }
        }

        return string.Concat(lines.Distinct().Select(line => line + "\n"));
    }

    /// <summary>
    /// Writes it, readable by the owner alone: libpq ignores it otherwise. Nothing is written when no password is
    /// known.
    /// </summary>
    public static void Write(string path, UpstreamAddress target, params UserCredentials[] users)
    {
        var content = Render(target, users);
        if (content.Length > 0)
        {
            AtomicFile.WriteIfDifferent(path, content, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    private static string Line(string host, int port, UserCredentials user) => string.Join(
        ':',
        Escaped(host),
        port.ToString(CultureInfo.InvariantCulture),
        "*",
        user.Username is { } name ? Escaped(name) : "*",
        Escaped(user.Password!)); // callers have looked

    private static string Escaped(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(":", "\\:", StringComparison.Ordinal);
}
