using System.Text.Json.Nodes;
using HaAgent.Core.Model;
using HaAgent.Core.Settings;
using HaAgent.Core.Snapshot;
using HaAgent.Postgres.Config;
using HaAgent.Postgres.Control;
using HaAgent.Postgres.Rejoin;
using HaAgent.Postgres.Sql;

namespace HaAgent.Postgres.Tests;

public class A_process_title
{
    [Theory]
    [InlineData("postgres: demo: postgres app 127.0.0.1(38684) idle", true)]
    [InlineData("postgres: postgres app [local] SELECT", true)]
    [InlineData("postgres: demo: checkpointer", false)]
    [InlineData("postgres: demo: startup recovering 000000010000000000000003", false)]
    [InlineData("postgres: demo: walsender replicator 10.0.0.1(5) streaming 0/3000148", false)]
    [InlineData("postgres: walwriter ", false)]
    [InlineData("postgres: demo: autovacuum worker app", false)]
    [InlineData("postgres: demo: io worker 1", false)]
    [InlineData("postgres: demo: pg_cron launcher", true)]
    [InlineData("/usr/lib/postgresql/15/bin/postgres -D /data", false)]
    public void Tells_clients_from_helpers_and_takes_the_unknown_for_a_client(string title, bool isClient) =>
        Assert.Equal(isClient, BackendTitle.IsClient(title, "demo"));

    [Theory]
    [InlineData("1 client backend to end", false, "postgres: demo: a a [local] SELECT", "postgres: demo: checkpointer")]
    [InlineData("the shutdown checkpoint", true, "postgres: demo: checkpointer", "postgres: demo: walsender r x")]
    [InlineData(
        "the shutdown checkpoint to begin; still sending: walsender r 10.0.0.2(5) streaming 0/3000148", false,
        "postgres: demo: checkpointer", "postgres: demo: walsender r 10.0.0.2(5) streaming 0/3000148")]
    [InlineData("the shutdown checkpoint to begin", false, "postgres: demo: checkpointer ")]
    [InlineData("its last processes to end", false, "postgres: demo: archiver archiving 000000010000000000000003")]
    public void Tells_what_a_stop_waits_for(string expected, bool isCheckpointing, params string[] titles) =>
        Assert.Equal(expected, StopText.Of(titles, "demo", isCheckpointing));
}
