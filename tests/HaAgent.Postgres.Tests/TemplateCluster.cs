using HaAgent.Testing.Postgres;

[assembly: AssemblyFixture(typeof(HaAgent.Postgres.Tests.TemplateCluster))]

namespace HaAgent.Postgres.Tests;

/// <summary>
/// What all tests share: a process that is not root's, and a cluster to copy; initdb takes seconds, a copy does not.
/// </summary>
public sealed class TemplateCluster : IDisposable
{
    private static readonly Lazy<string> Folder = new(() => TestServer.NewFolder());

    private static readonly Lazy<Task<string>> Made = new(async () =>
    {
        await using var made = await TestServer.PrimaryAsync("template", folder: Folder.Value, fresh: true);
        await made.StopAsync();
        return made.Options.DataDirectory;
    });

    /// <summary>Before the first test. Not earlier: the runner's own files are those of the user who started it.</summary>
    public TemplateCluster() => Unprivileged.Become();

    public static Task<string> DirectoryAsync() => Made.Value;

    public void Dispose()
    {
        if (Folder.IsValueCreated)
        {
            Directory.Delete(Folder.Value, recursive: true);
        }
    }
}
