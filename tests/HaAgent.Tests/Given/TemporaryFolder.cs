namespace HaAgent.Tests.Given;

/// <summary>A folder of the test's own, gone afterwards.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("haagent-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
