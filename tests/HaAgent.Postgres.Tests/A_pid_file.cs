using System.Text.Json.Nodes;
using HaAgent.Core.Model;
using HaAgent.Core.Settings;
using HaAgent.Core.Snapshot;
using HaAgent.Postgres.Config;
using HaAgent.Postgres.Control;
using HaAgent.Postgres.Rejoin;
using HaAgent.Postgres.Sql;

namespace HaAgent.Postgres.Tests;

public class A_pid_file
{
    [Fact]
    public void Tells_who_where_and_how_far()
    {
        var file =
            PostmasterPidFile.TryParse([
                "10035", "/data", "1795223437", "54999", "/tmp", "localhost", " 11657395 4", "ready   "]);
        Assert.Equal(new PostmasterPidFile(
            10035, false, 1795223437, 54999, "/tmp", "localhost", PostmasterStatus.Ready), file);
        Assert.True(PostmasterPidFile.TryParse(["-7", "/data"])!.IsSingleUser);
        Assert.Equal(PostmasterStatus.Starting, PostmasterPidFile.TryParse(["7"])!.Status);
        Assert.Null(PostmasterPidFile.TryParse([]));
        Assert.Null(PostmasterPidFile.TryParse(["", "x"]));
    }
}
