using HaAgent.Testing.Processes;

namespace HaAgent.Testing;

/// <summary>A folder for one test: below the run's own, owned by the user the servers run as, removed at the end.</summary>
/// <remarks>
/// <c>HAAGENT_TEST_ROOT</c> names the run's folder, which <c>build.sh</c> creates and searches for processes left behind. With
/// <c>HAAGENT_TEST_KEEP</c> set nothing is removed.
/// </remarks>
public sealed class TempFolder : IDisposable
{
    private const UnixFileMode OwnerWritesAllRead = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private TempFolder(string path) => Path = path;

    /// <summary>Short: a Unix socket's path has room for 107 characters.</summary>
    public string Path { get; }

    /// <summary>Where all folders of this run are: the one named by the caller, or the system's own for temporary files.</summary>
    public static string Root => Environment.GetEnvironmentVariable("HAAGENT_TEST_ROOT") is { Length: > 0 } root
        ? root
        : System.IO.Path.GetTempPath();

    /// <param name="label">A few letters that tell what it is for.</param>
    /// <param name="withSpace">Its path contains a space and a quote, as an operator's may.</param>
    public static TempFolder Create(string label, bool withSpace = false)
    {
        var name = $"ha-{label}{(withSpace ? " it's " : "-")}{System.IO.Path.GetRandomFileName()[..6]}";
        return new TempFolder(ServiceUser.CreateFolder(System.IO.Path.Combine(Root, name), OwnerWritesAllRead));
    }

    /// <summary>A folder inside, created and owned likewise.</summary>
    public string Subfolder(string name) => CreateIn(Path, name);

    /// <summary>The same in any folder.</summary>
    public static string CreateIn(string folder, string name) =>
        ServiceUser.CreateFolder(System.IO.Path.Combine(folder, name), OwnerWritesAllRead);

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        if (Environment.GetEnvironmentVariable("HAAGENT_TEST_KEEP") is null or "")
        {
            // A killed server may still be writing its last file while we remove the folder: then once more.
            for (var attempt = 0; Directory.Exists(Path); attempt++)
            {
                try
                {
                    Directory.Delete(Path, recursive: true);
                }
                catch (IOException) when (attempt < 50)
                {
                    Thread.Sleep(20);
                }
            }
        }
    }
}
