using HaAgent.Postgres.Config;

namespace HaAgent.Postgres.Control;

/// <summary>Finds util-linux's <c>setsid</c>, by which the postmaster gets a session of its own.</summary>
internal static class Setsid
{
    public static string? Find() => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Concat(["/usr/bin", "/bin"])
        .Select(directory => Path.Combine(directory, "setsid"))
        .FirstOrDefault(UnixFile.IsExecutable);
}
