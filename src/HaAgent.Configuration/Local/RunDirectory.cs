using HaAgent.Core.Settings;

namespace HaAgent.Configuration.Local;

/// <summary>
/// Where the agent keeps what must survive its restart but not the host's: the deadline word, the lock, the server's
/// output.
/// </summary>
public static class RunDirectory
{
    private const string System = "/run/haagent";

    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>
    /// The setting <c>haagent.run_dir</c> (also <c>HAAGENT_RUN_DIR</c>), else <c>$RUNTIME_DIRECTORY</c> of systemd,
    /// else
    /// <c>/run/haagent</c> where writable, else <c>$XDG_RUNTIME_DIR/haagent</c>, else <c>/tmp/haagent-&lt;uid&gt;</c>.
    /// </summary>
    /// <returns>A directory that exists and that this user may write to.</returns>
    /// <exception cref="ConfigurationException">The one that was asked for cannot be used, or none can.</exception>
    public static string Choose(LocalConfiguration configuration, IReadOnlyDictionary<string, string> environment)
    {
        if (configuration.Text("haagent.run_dir") is { Length: > 0 } asked)
        {
            return Usable(asked) ? asked : throw Unusable("haagent.run_dir", asked);
        }

        // systemd may name several directories; the first is ours.
        if (environment.GetValueOrDefault("RUNTIME_DIRECTORY")?.Split(':')[0] is { Length: > 0 } given)
        {
            return Usable(given) ? given : throw Unusable("RUNTIME_DIRECTORY", given);
        }

        if (Usable(System))
        {
            return System;
        }

        var session = environment.GetValueOrDefault("XDG_RUNTIME_DIR") is { Length: > 0 } directory
            ? Path.Combine(directory, "haagent")
            : null;
        if (session is not null && Usable(session))
        {
            return session;
        }

        return InTemporary(FormattableString.Invariant($"/tmp/haagent-{UnixFile.EffectiveUser}"));
    }

    /// <summary>Anybody may create names in /tmp, so what is there already must be proven to be ours.</summary>
    internal static string InTemporary(string path)
    {
        _ = Usable(path);
        return UnixFile.IsPrivateDirectory(path)
            ? path
            : throw new ConfigurationException("haagent.run_dir", path,
                "it is not a directory of this user's with mode 0700. Remove it, or set haagent.run_dir to a "
                    + "directory of your own.");
    }

    /// <summary>Creates it when missing, for this user alone.</summary>
    private static bool Usable(string path)
    {
        try
        {
            if (!Directory.Exists(path))
            {
                Directory.CreateDirectory(path, Private);
            }
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return false;
        }

        return UnixFile.MayCreateIn(path);
    }

    private static ConfigurationException Unusable(string setting, string path) =>
        new(setting, path, "it is not a directory that this user may write to. Create it and give it to the user, or "
            + "name another one.");
}
