using HaAgent.Testing.Processes;

namespace HaAgent.EndToEnd.Tests;

/// <summary>Two endless loops for each processor of this machine.</summary>
internal sealed class BusyProcessors : IAsyncDisposable
{
    private readonly List<ChildProcess> _loops;

    private BusyProcessors(List<ChildProcess> loops) => _loops = loops;

    /// <param name="folder">For their output, of which there is none.</param>
    public static BusyProcessors Start(string folder) =>
        new([.. Enumerable.Range(0, 2 * Environment.ProcessorCount).Select(index => Loop(folder, index))]);

    public void AssertInForce() => Assert.All(_loops, loop => Assert.False(loop.HasExited));

    public async ValueTask DisposeAsync()
    {
        foreach (var loop in _loops)
        {
            await loop.DisposeAsync();
        }
    }

    private static ChildProcess Loop(string folder, int index) =>
        ChildProcess.Start(new ChildProcessSpec("/bin/sh", ["-c", "while :; do :; done"])
        {
            LogFile = Path.Combine(folder, $"busy{index}.log"),
        });
}
