using System.Text.Json.Nodes;
using HaAgent.Core.Contracts.Records;
using HaAgent.Core.Snapshot;
using HaAgent.Ctl.CommandLine;
using HaAgent.Ctl.Members;
using HaAgent.Ctl.Prompts;
using HaAgent.Ctl.Rest;

namespace HaAgent.Ctl.Commands;

/// <summary><c>restart</c>: members restart their PostgreSQL, now or at a given time (cli.md 7.8).</summary>
internal sealed class RestartCommand : CtlCommand
{
    private static readonly OptionSpec Any = new(["--any"], OptionKind.Flag, "Restart one member only, chosen at random.");

    private static readonly OptionSpec Scheduled = new(
        ["--scheduled"], OptionKind.Text, "When, in an unambiguous format (e.g. ISO 8601); or now.", "TIME");

    private static readonly OptionSpec PgVersion = new(
        ["--pg-version"], OptionKind.Text, "Restart only where PostgreSQL is older than this, e.g. 16.5.", "VERSION");

    private static readonly OptionSpec Pending = new(
        ["--pending"], OptionKind.Flag, "Restart only where a changed setting waits for a restart.");

    private static readonly OptionSpec Timeout = new(
        ["--timeout"], OptionKind.Text, "Fail a restart over to another member when it takes longer, e.g. 30s.", "TIME");

    public override CommandSpec Spec { get; } = new("restart", "Restart PostgreSQL on members, now or at a given time.",
        [CommonOptions.Cluster, CommonOptions.Members],
        [
            CommonOptions.Group, CommonOptions.Role, Any, Scheduled, PgVersion, Pending, Timeout, CommonOptions.Force,
            CommonOptions.Help,
        ])
    {
        Topic = CommandTopic.Servers,
        Details =
        [
            "What is not given is asked for: the time, and a version that the server must be older than. A "
                + "scheduled restart is kept by the member's agent and shown by list; flush takes it back.",
            "The exit code is 0 also when a member refuses: look for \"Success\".",
        ],
        Examples =
        [
            new("restart batman --pending", "Only where a changed setting waits for it."),
            new("restart batman -r replica --any --force", "One of the replicas, now."),
            new("restart batman n1 --scheduled 2030-01-01T03:00", "n1, at night, by local time."),
        ],
    };

    public override async Task RunAsync(ParsedArguments args, CtlContext ctl, CancellationToken stop)
    {
        var force = args.Has(CommonOptions.Force);
        var name = args.One(CommonOptions.Cluster)!; // the parser has made sure of it
        await using var store = ctl.Open(name);
        var cluster = await store.ReadAsync(stop).ConfigureAwait(false);
        var members = MemberSelection.Choose(ctl, cluster, name, MembersAsked.By(args));

        var when = args.Text(Scheduled);
        if (when is null && !force)
        {
            var example = ScheduleText.Example(ctl.Clock);
            when = await ctl.Prompts.AskAsync($"When should the restart take place (e.g. {example}) ", "now", stop).ConfigureAwait(false);
        }

        var at = ScheduleText.Parse(when, ctl.Clock);
        members = Narrow(ctl, args, members, isNow: at is null);
        if (members.Length == 0)
        {
            return;
        }

        if (!force)
        {
            await ConfirmAsync(ctl, members, at, args.Has(Pending), stop).ConfigureAwait(false);
        }

        var request = await RequestAsync(ctl, args, at, stop).ConfigureAwait(false);
        if (at is not null && ClusterConfig.Of(cluster).IsPaused)
        {
            throw new CtlException("Can't schedule restart in the paused state");
        }

        await SendAsync(ctl, members, request, isScheduled: at is not null, force, stop).ConfigureAwait(false);
    }

    /// <summary>What is pending at a later time is for the members to see then.</summary>
    private static Member[] Narrow(CtlContext ctl, ParsedArguments args, Member[] members, bool isNow)
    {
        if (args.Has(Pending) && isNow)
        {
            members = [.. members.Where(member => member.PendingRestart)];
            if (members.Length == 0)
            {
                ctl.Log.Warning("None of these members waits for a restart: nothing to do");
            }
        }

        return args.Has(Any) && members.Length > 0 ? [members[Random.Shared.Next(members.Length)]] : members;
    }

    private static async Task ConfirmAsync(
        CtlContext ctl, Member[] members, DateTimeOffset? at, bool pending, CancellationToken stop)
    {
        if (at is not { } time)
        {
            await MemberSelection.ConfirmAsync(ctl, "restart", members, stop).ConfigureAwait(false);
            return;
        }

        var question = pending
            ? "The nodes needing a restart will be identified at the scheduled time, and might be different from the ones showing "
                + "pending restart right now. Is this fine?"
            : $"Are you sure you want to schedule restart of members {MemberSelection.Names(members)} at {IsoTime.TextWithBlank(time)}?";
        if (!await ctl.Prompts.ConfirmAsync(question, stop).ConfigureAwait(false))
        {
            throw new CtlException("Aborted scheduled restart");
        }
    }

    private static async Task<JsonObject> RequestAsync(
        CtlContext ctl, ParsedArguments args, DateTimeOffset? at, CancellationToken stop)
    {
        var version = args.Text(PgVersion);
        if (version is null && !args.Has(CommonOptions.Force))
        {
            version = await ctl.Prompts.AskAsync(
                "Restart if the PostgreSQL version is less than provided (e.g. 9.5.2) ", "", stop).ConfigureAwait(false);
        }

        var request = new JsonObject();
        if (args.Has(Pending))
        {
            request["restart_pending"] = true;
        }

        if (!string.IsNullOrEmpty(version))
        {
            PostgresVersionText.Check(version);
            request["postgres_version"] = version;
        }

        if (at is { } time)
        {
            request["schedule"] = IsoTime.Text(time);
        }

        if (args.Text(Timeout) is { } timeout)
        {
            request["timeout"] = timeout;
        }

        return request;
    }

    private static async Task SendAsync(
        CtlContext ctl, Member[] members, JsonObject request, bool isScheduled, bool force, CancellationToken stop)
    {
        var report = new ActionReport(ctl);
        foreach (var member in members)
        {
            // A member keeps one schedule only: with --force the new one takes the old one's place.
            if (isScheduled && force && ScheduledRestart.IsOn(member))
            {
                await ScheduledRestart.DeleteAsync(ctl, report, member, silent: true, stop).ConfigureAwait(false);
            }

            var answer = await ctl.Api.SendAsync(HttpMethod.Post, member, "restart", request, MemberApi.Patiently, stop)
                .ConfigureAwait(false);
            report.Tell(member, "restart", answer, Meaning(member, answer));
            await ctl.Terminal.Out.FlushAsync(stop).ConfigureAwait(false); // the next one may take minutes
        }

        report.End();
    }

    private static string? Meaning(Member member, ApiAnswer answer) => answer switch
    {
        ApiAnswer.Answered { Code: 200 } => $"Success: restart on member {member.Name}",
        ApiAnswer.Answered { Code: 202 } => $"Success: restart scheduled on member {member.Name}",
        ApiAnswer.Answered { Code: 409 } => $"Failed: another restart is already scheduled on member {member.Name}",
        _ => null,
    };
}
