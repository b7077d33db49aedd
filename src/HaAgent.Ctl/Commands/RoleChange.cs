using System.Globalization;
using System.Text.Json.Nodes;
using HaAgent.Core.Contracts.Records;
using HaAgent.Core.Model;
using HaAgent.Core.Ports;
using HaAgent.Core.Settings;
using HaAgent.Core.Snapshot;
using HaAgent.Ctl.CommandLine;
using HaAgent.Ctl.Members;
using HaAgent.Ctl.Output;
using HaAgent.Ctl.Rest;
using HaAgent.Ctl.Store;

namespace HaAgent.Ctl.Commands;

/// <summary>What <c>switchover</c> and <c>failover</c> have in common (cli.md 7.11).</summary>
internal sealed class RoleChange : IAsyncDisposable
{
    public static readonly OptionSpec CandidateOption =
        new(["--candidate"], OptionKind.Text, "The name of the member that takes over.", "NAME");

    private readonly IClusterStore _store;
    private readonly string _action;

    private RoleChange(CtlContext ctl, string action, string name, IClusterStore store, ClusterState cluster)
    {
        Ctl = ctl;
        Name = name;
        Cluster = cluster;
        Config = ClusterConfig.Of(cluster);
        _store = store;
        _action = action;
    }

    public CtlContext Ctl { get; }
    public string Name { get; }
    public ClusterState Cluster { get; }
    public ClusterConfig Config { get; }

    /// <summary>Reads the cluster and shows it.</summary>
    public static async Task<RoleChange> BeginAsync(CtlContext ctl, string action, ParsedArguments args, CancellationToken stop)
    {
        var name = ctl.ClusterOrScope(args.One(CommonOptions.OptionalCluster));
        var store = ctl.Open(name);
        try
        {
            var cluster = await store.ReadAsync(stop).ConfigureAwait(false);
            ctl.Terminal.Line("Current cluster topology");
            ctl.Terminal.Out.Write(MemberTable.Render(cluster, name));
            return new(ctl, action, name, store, cluster);
        }
        catch
        {
            await store.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <returns>Null: none was named.</returns>
    /// <exception cref="CtlException">Nobody could take over.</exception>
    public async Task<string?> CandidateAsync(string? given, bool force, CancellationToken stop)
    {
        var candidates = Candidates();
        if (candidates.Length == 0)
        {
            throw new CtlException($"No candidates found to {_action} to");
        }

        if (given is null && !force)
        {
            var names = string.Join(", ", candidates.Select(name => $"'{name}'"));
            given = await Ctl.Prompts.AskAsync($"Candidate [{names}]", "", stop).ConfigureAwait(false);
        }

        return string.IsNullOrEmpty(given) ? null : given;
    }

    /// <exception cref="CtlException">The member cannot take over.</exception>
    public void CheckCandidate(string candidate)
    {
        if (!Candidates().Contains(candidate))
        {
            throw new CtlException(candidate == Cluster.LeaderName.Value
                ? $"Member {candidate} is already the leader of cluster {Name}"
                : $"Member {candidate} does not exist in cluster {Name} or is tagged as nofailover");
        }
    }

    /// <exception cref="CtlException">The operator said no.</exception>
    public async Task ConfirmAsync(DateTimeOffset? at, CancellationToken stop)
    {
        var what = at is { } time
            ? $"schedule {_action} of cluster {Name} at {IsoTime.Text(time)}"
            : $"{_action} cluster {Name}";
        var demoting = Cluster.LeaderName.IsNobody ? "" : $", demoting current leader {Cluster.LeaderName}";
        if (!await Ctl.Prompts.ConfirmAsync($"Are you sure you want to {what}{demoting}?", stop).ConfigureAwait(false))
        {
            throw new CtlException(at is null ? $"Aborting {_action}" : $"Aborting scheduled {_action}");
        }
    }

    /// <summary>Asks the leader or, without one, the candidate; falls back to the store when nobody can be reached.</summary>
    /// <param name="leader">Only for a switchover.</param>
    public async Task AskAsync(Member? leader, string? candidate, DateTimeOffset? at, CancellationToken stop)
    {
        var body = new JsonObject { ["candidate"] = candidate };
        if (leader is not null)
        {
            body["leader"] = leader.Name.Value;
        }

        if (at is { } time)
        {
            body["scheduled_at"] = IsoTime.Text(time);
        }

        var member = Cluster.LeaderMember ?? Cluster.Find(new(candidate ?? ""))
            ?? throw new CtlException("This cluster has no leader");
        var answer = await Ctl.Api.SendAsync(HttpMethod.Post, member, _action, body, Patience, stop).ConfigureAwait(false);
        if (answer is ApiAnswer.Answered { Code: 501 } old
            && old.Body.Contains("Server does not support this operation", StringComparison.Ordinal))
        {
            answer = await Ctl.Api.SendAsync(HttpMethod.Post, member, "failover", body, Patience, stop).ConfigureAwait(false);
        }

        switch (answer)
        {
            case ApiAnswer.Answered { Code: 200 or 202 } done:
                Ctl.Terminal.Line($"{Ctl.Timestamp(5)} {done.Body}");
                Print(await _store.ReadAsync(stop).ConfigureAwait(false));
                break;
            case ApiAnswer.Answered refused:
                var outcome = refused.Body.Contains("status unknown", StringComparison.Ordinal) ? "result unknown" : "failed";
                Ctl.Terminal.Line(string.Create(
                    CultureInfo.InvariantCulture, $"{Capitalized} {outcome}, details: {refused.Code}, {refused.Body}"));
                break;
            case ApiAnswer.Silent silent:
                // The member is at work on it: a second request through the store could undo the first one's result.
                throw new CtlException($"{Capitalized} result unknown, {member.Name} gave {silent.Why}: see the list command.");
            case ApiAnswer.Unreachable:
                await FallBackAsync(leader, candidate, at, stop).ConfigureAwait(false);
                break;
        }
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private string Capitalized => char.ToUpperInvariant(_action[0]) + _action[1..];

    /// <summary>The member reports after twice the time it waits itself, at least 20 s.</summary>
    private TimeSpan Patience => TimeSpan.FromSeconds((2 * Math.Max(10, Config.LoopWaitSeconds)) + 30);

    private string[] Candidates() =>
    [
        .. Cluster.Members
            .Where(member => member.Name != Cluster.LeaderName && !member.Tags.NoFailover && member.Tags.FailoverPriority > 0)
            .Select(member => member.Name.Value)
            .Order(StringComparer.Ordinal),
    ];

    private async Task FallBackAsync(Member? leader, string? candidate, DateTimeOffset? at, CancellationToken stop)
    {
        Ctl.Terminal.Line($"{Ctl.Timestamp(5)} Could not {_action} using Patroni api, falling back to DCS");
        var request = FailoverRecordWriter.Write(leader?.Name ?? NodeName.Nobody, new(candidate ?? ""), at);
        if (await _store.WriteFailoverAsync(request, stop).ConfigureAwait(false) != WriteOutcome.Written)
        {
            throw new CtlException($"The store did not confirm the {_action} request: see the list command, then try again.");
        }

        Print(Cluster);
    }

    private void Print(ClusterState cluster) => Ctl.Terminal.Out.Write(MemberTable.Render(cluster, Name));
}
