using System.Globalization;
using System.Text.Json.Nodes;
using HaAgent.Core.Snapshot;
using HaAgent.Ctl.CommandLine;
using HaAgent.Ctl.Members;
using HaAgent.Ctl.Rest;
using HaAgent.Ctl.Store;

namespace HaAgent.Ctl.Commands;

/// <summary>Switching maintenance mode on and off (cli.md 7.12).</summary>
internal static class MaintenanceMode
{
    public static readonly OptionSpec Wait = new(["--wait"], OptionKind.Flag, "Wait until all members have taken notice.");

    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    public static async Task SwitchAsync(CtlContext ctl, ParsedArguments args, bool pause, CancellationToken stop)
    {
        var name = ctl.ClusterOrScope(args.One(CommonOptions.OptionalCluster));
        await using var store = ctl.Open(name);
        var cluster = await store.ReadAsync(stop).ConfigureAwait(false);
        if (ClusterConfig.Of(cluster).IsPaused == pause)
        {
            throw new CtlException(pause ? "Cluster is already paused" : "Cluster is not paused");
        }

        var answer = await SendAsync(ctl, cluster, pause, stop).ConfigureAwait(false);
        if (answer.Code != 200)
        {
            ctl.Terminal.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"Failed: {Verb(pause)} cluster management status code={answer.Code}, ({answer.Body})"));
        }
        else if (args.Has(Wait))
        {
            await AwaitAsync(ctl, store, cluster, pause, stop).ConfigureAwait(false);
        }
        else
        {
            ReportSuccess(ctl, pause);
        }
    }

    /// <summary>Any member can write the setting: the first that answers has decided.</summary>
    private static async Task<ApiAnswer.Answered> SendAsync(
        CtlContext ctl, ClusterState cluster, bool pause, CancellationToken stop)
    {
        foreach (var member in MemberSelection.LeaderFirst(cluster))
        {
            // Removing the key, rather than storing false, is how the peer resumes.
            var body = new JsonObject { ["pause"] = pause ? JsonValue.Create(true) : null };
            var answer = await ctl.Api.SendAsync(HttpMethod.Patch, member, "config", body, MemberApi.Promptly, stop)
                .ConfigureAwait(false);
            switch (answer)
            {
                case ApiAnswer.Answered answered:
                    return answered;
                case ApiAnswer.Unreachable(var why):
                    ctl.Log.Warning($"Member {member.Name} is not accessible: {why}");
                    break;
                case ApiAnswer.Silent silent:
                    ctl.Log.Warning($"Member {member.Name} is not accessible: {silent.Why}");
                    break;
            }
        }

        throw new CtlException("Can not find accessible cluster member");
    }

    private static async Task AwaitAsync(
        CtlContext ctl, IClusterStore store, ClusterState before, bool pause, CancellationToken stop)
    {
        ctl.Terminal.Line($"'{Verb(pause)}' request sent, waiting until it is recognized by all nodes");
        await ctl.Terminal.Out.FlushAsync(stop).ConfigureAwait(false);

        // The agents publish the flag with their next cycle; one more second lets the last one's write arrive.
        var loopWait = ClusterConfig.Of(before).LoopWaitSeconds;
        string[] remaining = [];
        for (var second = 0; second <= loopWait; second++)
        {
            var cluster = await store.ReadAsync(stop).ConfigureAwait(false);
            remaining = [.. cluster.Members
                .Where(member => member.ApiUrl is not null && member.Pause != pause)
                .Select(member => member.Name.Value)];
            if (remaining.Length == 0)
            {
                ReportSuccess(ctl, pause);
                return;
            }

            await Task.Delay(PollInterval, ctl.Clock, stop).ConfigureAwait(false);
        }

        ctl.Terminal.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"{string.Join(", ", remaining)} members didn't recognized pause state after {loopWait} seconds"));
    }

    private static void ReportSuccess(CtlContext ctl, bool pause) =>
        ctl.Terminal.Line($"Success: cluster management is {(pause ? "paused" : "resumed")}");

    private static string Verb(bool pause) => pause ? "pause" : "resume";
}
