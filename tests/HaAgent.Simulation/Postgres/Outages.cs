using HaAgent.Simulation.Kernel;

namespace HaAgent.Simulation.Postgres;

/// <summary>What is done to a server from outside: kills, hangs, power, its disk and its mount.</summary>
internal sealed class Outages(SimServer server)
{
    private readonly List<Action> _awaitDisk = [];
    private SimDirectory? _unmounted;
    private ulong _inode = 1;
    private string? _killPending;

    private ServerRun? Run => server.Run;

    public void KillEverything()
    {
        if (server.Faults.DiskHangs)
        {
            _killPending ??= "killed"; // uninterruptible: when the disk answers
        }
        else
        {
            Run?.End("killed");
        }
    }

    public void Kill()
    {
        server.Write("the postmaster is killed");
        server.World.Count("postmaster killed");
        if (server.Faults.DiskHangs)
        {
            _killPending ??= "killed";
        }
        else
        {
            Run?.Postmaster.Kill();
        }
    }

    public void PowerLoss()
    {
        server.Directory.Written = server.Directory.Flushed;
        server.EndTools();
        server.Faults.DiskHangs = false;
        _killPending = null;
        Run?.End("power lost");
        Go();
    }

    public void Hang(HangKind kind)
    {
        server.Write($"hangs ({kind})");
        server.World.Count($"hung: {kind}");
        server.Faults.DiskHangs |= kind == HangKind.Disk;
        Run?.Postmaster.Freeze();
        if (kind != HangKind.PostmasterOnly)
        {
            Run?.Backends.Freeze();
        }
    }

    public void Resume()
    {
        server.Write("goes on");
        server.Faults.DiskHangs = false;
        if (_killPending is { } how)
        {
            _killPending = null;
            Run?.End(how);
        }

        Run?.Postmaster.Thaw();
        Run?.Backends.Thaw();
        Go();
        server.RaiseChanged();
    }

    public void WhenDiskAnswers(Action action)
    {
        if (server.Faults.DiskHangs)
        {
            _awaitDisk.Add(action);
        }
        else
        {
            action();
        }
    }

    public void Unmount(bool unreadable)
    {
        if (_unmounted is not null)
        {
            return;
        }

        server.Write(unreadable ? "the directory cannot be read" : "the directory is empty: nothing is mounted");
        server.World.Count("directory unmounted");
        Run?.End("lost its data directory");
        server.Tool?.End("input/output error");
        _unmounted = server.Directory;
        server.Show(new() { Inode = ++_inode, Content = unreadable ? DirectoryContent.Unreadable : DirectoryContent.Empty });
    }

    public void Mount()
    {
        if (_unmounted is { } mounted)
        {
            server.Write("the directory is mounted again");
            Run?.End("lost its data directory");
            server.Tool?.End("input/output error");
            _unmounted = null;
            mounted.CameBack = true;
            server.Show(mounted);
        }
    }

    /// <summary>Who waited for the disk goes on.</summary>
    private void Go()
    {
        var waiting = _awaitDisk.ToArray();
        _awaitDisk.Clear();
        foreach (var action in waiting)
        {
            action();
        }
    }
}
