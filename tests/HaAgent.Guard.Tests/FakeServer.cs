using System.Diagnostics;
using HaAgent.Testing;

namespace HaAgent.Guard.Tests;

/// <summary>Processes that look like PostgreSQL's to whoever scans /proc: a shell or a sleep under that name.</summary>
internal sealed class FakeServer : IDisposable
{
    private readonly TempFolder _folder = TempFolder.Create("fake");
    private readonly List<Process> _processes = [];

    public FakeServer(string name = "data")
    {
        DataDirectory = Directory.CreateDirectory(Path.Join(_folder.Path, name)).FullName;
        Directory.CreateDirectory(Path.Join(_folder.Path, "bin"));
        File.Copy("/bin/sh", Binary);
        File.SetUnixFileMode(Binary, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    public string DataDirectory { get; }

    public string Binary => Path.Join(_folder.Path, "bin", "postgres");

    /// <summary>How many of all that were started are left.</summary>
    public int Alive => _processes.Count(process => !process.HasExited);

    /// <summary>A server that heeds its signals.</summary>
    public Process Start() => Run(Binary, DataDirectory, "-c", "read _");

    /// <summary>A server that does not heed SIGQUIT.</summary>
    public Process StartStubborn() => Run(Binary, DataDirectory, "-c", "trap '' QUIT INT TERM; read _");

    public Process Run(string program, string workingDirectory, params string[] words)
    {
        var start = new ProcessStartInfo(program, words)
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardInput = true, // what it reads never comes
            UseShellExecute = false,
        };
        var process = Process.Start(start) ?? throw new InvalidOperationException(program);
        _processes.Add(process);
        return process;
    }

    public void Dispose()
    {
        foreach (var process in _processes)
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }

        _folder.Dispose();
    }
}
