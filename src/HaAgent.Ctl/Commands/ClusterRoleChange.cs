using System.Globalization;
using System.Text.Json.Nodes;
using HaAgent.Core.Snapshot;
using HaAgent.Ctl.CommandLine;
using HaAgent.Ctl.Members;
using HaAgent.Ctl.Rest;
using HaAgent.Ctl.Store;

namespace HaAgent.Ctl.Commands;

/// <summary>A cluster becomes a standby of another one, or independent of it (cli.md 7.15).</summary>
/// <param name="verb"><c>demote</c> or <c>promote</c>.</param>
/// <param name="targetRole">What the leader then is.</param>
internal sealed class ClusterRoleChange(CtlContext ctl, string verb, string targetRole)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    private bool IsDemotion => targetRole == "standby_leader";

    private string Noun => verb[..^1] + "ion";

    /// <param name="standby">The new <c>standby_cluster</c>; null: none.</param>
    /// <exception cref="CtlException">It cannot be done, or the operator said no.</exception>
    public async Task RunAsync(ParsedArguments args, JsonObject? standby, CancellationToken stop)
    {
        var name = ctl.ClusterOrScope(args.One(CommonOptions.OptionalCluster));
        await using var store = ctl.Open(name);
        var cluster = await store.ReadAsync(stop).ConfigureAwait(false);
        var leader = cluster.LeaderMember ?? throw new CtlException($"Cluster has no leader, {Noun} is not possible");
        if (leader.Role == targetRole)
        {
            throw new CtlException("Cluster is already in the required state");
        }

        if (IsDemotion)
        {
            RefuseUnlessAllCan(cluster);
        }

        ctl.Terminal.Line("Current cluster topology");
        ctl.Terminal.Out.Write(MemberTable.Render(cluster, name));
        if (!args.Has(CommonOptions.Force)
            && !await ctl.Prompts.ConfirmAsync($"Are you sure you want to {verb} {name} cluster?", stop).ConfigureAwait(false))
        {
            throw new CtlException($"Aborted cluster {Noun}");
        }

        await SendAsync(leader, name, standby, stop).ConfigureAwait(false);
        await AwaitAsync(store, leader, stop).ConfigureAwait(false);
        ctl.Terminal.Out.Write(MemberTable.Render(await store.ReadAsync(stop).ConfigureAwait(false), name));
    }

    /// <summary>An agent of this kind does not lead a standby cluster yet: nobody would lead, and the wait below would not end.</summary>
    private static void RefuseUnlessAllCan(ClusterState cluster)
    {
        var own = cluster.Members.Where(member => StoredJson.Object(member.Raw)["haagent"] is JsonObject).ToArray();
        if (own.Length > 0)
        {
            throw new CtlException(
                $"Standby clusters are not in this version of haagent, which runs on {MemberSelection.Names(own)}: nothing was changed.");
        }
    }

    private async Task SendAsync(Member leader, string name, JsonObject? standby, CancellationToken stop)
    {
        var body = new JsonObject { ["standby_cluster"] = standby };
        var answer = await ctl.Api.SendAsync(HttpMethod.Patch, leader, "config", body, MemberApi.Promptly, stop).ConfigureAwait(false);
        var refusal = answer switch
        {
            ApiAnswer.Answered { Code: 200 } => null,
            ApiAnswer.Answered(var code, var text) => string.Create(CultureInfo.InvariantCulture, $"status code={code}, ({text})"),
            ApiAnswer.Unreachable(var why) => why,
            ApiAnswer.Silent silent => $"{silent.Why}: see show-config",
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        if (refusal is not null)
        {
            throw new CtlException($"Failed to {verb} {name} cluster: {refusal}");
        }
    }

    private async Task AwaitAsync(IClusterStore store, Member before, CancellationToken stop)
    {
        while (true)
        {
            await Task.Delay(PollInterval, ctl.Clock, stop).ConfigureAwait(false);
            var cluster = await store.ReadAsync(stop).ConfigureAwait(false);
            var leader = cluster.LeaderMember;
            var previous = cluster.Find(before.Name);
            if (leader is { IsRunning: true } && leader.Role == targetRole && (!IsDemotion || previous is { IsRunning: true }))
            {
                ctl.Terminal.Line($"{ctl.Timestamp()} cluster is successfully {verb}d");
                return;
            }

            ctl.Terminal.Line($"{ctl.Timestamp()} {Progress(leader, IsDemotion && leader?.Name != before.Name ? previous : null)}");
            await ctl.Terminal.Out.FlushAsync(stop).ConfigureAwait(false);
        }
    }

    private static string Progress(Member? leader, Member? previous)
    {
        var role = leader?.Role is { Length: > 0 } known ? known : "None";
        var progress = $"cluster is unlocked: {leader is null}, leader role: {role}, leader state: {leader?.State ?? "None"}";
        return previous is null ? progress : $"{progress}, previous leader state: '{previous.State}'";
    }
}
