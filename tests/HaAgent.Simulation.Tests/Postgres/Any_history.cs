using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Snapshot;
using HaAgent.Simulation.Kernel;
using HaAgent.Simulation.Postgres;

namespace HaAgent.Simulation.Tests.Postgres;

/// <summary>Three servers to which chance does what operators, agents and fate may do, in any order.</summary>
public class Any_history
{
    private const int Seeds = 60;

    [Fact]
    public void Keeps_on_a_server_what_it_acknowledged_and_on_a_standby_a_part_of_its_upstream()
    {
        for (var seed = 1UL; seed <= Seeds; seed++)
        {
            _ = Play(seed);
        }
    }

    [Fact]
    public void Is_the_same_again_with_the_same_seed()
    {
        for (var seed = 1UL; seed <= Seeds / 10; seed++)
        {
            Assert.Equal(Play(seed), Play(seed));
        }
    }

    private static string Play(ulong seed)
    {
        var cluster = Cluster.Founded(seed);
        var chance = cluster.World.Stream("test");
        var servers = new[] { cluster.A, cluster.B, cluster.C };
        var agents = new Dictionary<SimServer, Operated>();
        var last = new Dictionary<SimServer, Ack>();
        cluster.History.Acked += ack => last[ack.Server] = ack;
        cluster.History.RewindBegun += (target, _) => last.Remove(target);
        cluster.History.Discarded += (server, _) => last.Remove(server);
        cluster.History.Cloned += (copy, _) => last.Remove(copy); // in the place of what is not mounted
        for (var i = 0; i < 120; i++)
        {
            var at = chance.OneOf(servers);
            if (!agents.TryGetValue(at, out var agent) || agent.Process.IsDead)
            {
                agents[at] = agent = new(cluster.Agent(at), cluster.Port(at));
            }

            var wasThere = at.Directory;
            Do(cluster, agent, at, chance.OneOf(servers), chance);
            if (at.Directory != wasThere)
            {
                last.Remove(at); // another one is mounted in its place
            }

            cluster.Run(chance.Fraction() * 4);
            foreach (var server in servers)
            {
                var isThere = server.Directory is { Content: DirectoryContent.Initialized, IsBroken: false };
                Assert.True(
                    !isThere || !last.TryGetValue(server, out var ack) || server.Contains(ack),
                    $"seed {seed}: {server.Name} has lost {last.GetValueOrDefault(server)}\n{cluster.World.Journal.Text}");
                Assert.True(IsPartOfItsUpstream(server), $"seed {seed}: {server.Name}\n{cluster.World.Journal.Text}");
            }
        }

        Assert.False(cluster.World.Coverage.ContainsKey("two tools at once"));
        return cluster.World.Journal.Text;
    }

    private static bool IsPartOfItsUpstream(SimServer standby) =>
        standby.Run is not { Receiver.IsStreaming: true }
        || standby.Directory.UpstreamUrl is not { } url // written for the next start, beside orphans
        || standby.History.Find(url) is not { Run: not null } upstream
        || upstream.Run.Senders.Streams.All(stream => stream.Name != standby.Name)
        || upstream.Directory.Branch!.Includes(standby.Directory.Branch!, standby.Directory.Flushed, upstream.Directory.Written);

    private static void Do(Cluster cluster, Operated agent, SimServer server, SimServer other, Chance chance)
    {
        var port = agent.Port;
        switch (chance.Below(24))
        {
            case < 6:
                server.TryWrite("client", _ => { });
                break;
            case 6:
                agent.Begin(p => p.StartAsync(new(true, null), Instant.Never, TimeSpan.FromSeconds(10), Cluster.Never));
                break;
            case 7 or 8 or 9:
                agent.Begin(p => p.StartAsync(new(false, Cluster.Of(other)), Instant.Never, TimeSpan.FromSeconds(10), Cluster.Never));
                break;
            case 10:
                port.Signal(chance.OneOf([StopMode.Smart, StopMode.Fast, StopMode.Immediate]));
                break;
            case 11:
                chance.OneOf<Action>([server.Kill, server.KillEverything, server.PowerLoss, server.CrashBackend])();
                break;
            case 12:
                agent.Begin(p => p.PromoteAsync(Instant.Never, Cluster.Never));
                break;
            case 13:
                server.Hang(chance.OneOf([HangKind.Disk, HangKind.Everything, HangKind.PostmasterOnly]));
                break;
            case 14 or 15:
                server.Resume();
                cluster.Agent(server).Thaw();
                break;
            case 16:
                agent.Begin(p => p.RewindAsync(Cluster.Of(other), Cluster.Never));
                break;
            case 17:
                agent.Begin(p => CopyAsync(p, other));
                break;
            case 18:
                cluster.World.Network.Cut(server.Name, other.Name);
                break;
            case 19:
                cluster.World.Network.HealAll();
                break;
            case 20:
                server.DiskFull(chance.Happens(0.3));
                break;
            case 21:
                _ = port.ChangeSlotsAsync([.. "abc".Select(name => new SlotChange.CreatePhysical($"{name}"))], Cluster.Never);
                break;
            case 22:
                chance.OneOf<Action>([cluster.Agent(server).Kill, cluster.Agent(server).Freeze, server.Host.Freeze, server.Host.Thaw])();
                break;
            case 23:
                chance.OneOf<Action>([() => server.UnmountDirectory(unreadable: false), server.MountDirectory, server.MountDirectory])();
                break;
        }
    }

    private static async Task CopyAsync(SimPostgres port, SimServer source)
    {
        if ((await port.DiscardDataDirectoryAsync(DiscardReason.DivergedTimelines, Cluster.Never).ConfigureAwait(false)).Done)
        {
            await port.CloneAsync(Cluster.Of(source), Cluster.Never).ConfigureAwait(false);
        }
    }

    /// <summary>An agent that does one job at a time.</summary>
    private sealed class Operated(SimProcess process, SimPostgres port)
    {
        private Task _job = Task.CompletedTask;

        public SimProcess Process => process;

        public SimPostgres Port => port;

        public void Begin(Func<SimPostgres, Task> job)
        {
            if (_job.IsCompleted)
            {
                Assert.False(_job.IsFaulted, _job.Exception?.ToString());
                _job = job(port);
            }
        }
    }
}
