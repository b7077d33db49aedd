using System.Globalization;
using System.Text.Json.Nodes;
using HaAgent.Core.Contracts;
using HaAgent.Core.Settings;
using HaAgent.Core.Snapshot;
using HaAgent.Ctl.CommandLine;
using HaAgent.Ctl.Rest;
using HaAgent.Ctl.Store;

namespace HaAgent.Ctl.Commands;

/// <summary><c>version</c>: of this program and, with a cluster, of its members.</summary>
internal sealed class VersionCommand : CtlCommand
{
    private static readonly ArgumentSpec Cluster = new("CLUSTER_NAME", ArgumentCount.OneOrNone);

    public override CommandSpec Spec { get; } = new("version", "Print the version of this program or of members.",
        [Cluster, CommonOptions.Members], [CommonOptions.Group, CommonOptions.Help])
    {
        Topic = CommandTopic.Look,
        Details =
        [
            "Without a cluster nothing is read or asked.",
        ],
        Examples =
        [
            new("version batman", "What each member and its server are."),
        ],
    };

    public override async Task RunAsync(ParsedArguments args, CtlContext ctl, CancellationToken stop)
    {
        ctl.Terminal.Line(ctl.Program == "patronictl"
            ? $"patronictl version {ProductVersion.Compatibility}"
            : $"haagentctl version {ProductVersion.Own}");
        if (args.One(Cluster) is not { } name)
        {
            return;
        }

        ctl.Terminal.Line("");
        await using var store = ctl.Open(name);
        var cluster = await store.ReadAsync(stop).ConfigureAwait(false);
        var wanted = args.All(CommonOptions.Members);
        foreach (var member in cluster.Members)
        {
            if (member.ApiUrl is not null && (wanted.Length == 0 || wanted.Contains(member.Name.Value)))
            {
                ctl.Terminal.Line($"{member.Name}: {await OfMemberAsync(ctl, member, stop).ConfigureAwait(false)}");
            }
        }
    }

    private static async Task<string> OfMemberAsync(CtlContext ctl, Member member, CancellationToken stop)
    {
        var answer = await ctl.Api.SendAsync(HttpMethod.Get, member, "patroni", body: null, MemberApi.Promptly, stop)
            .ConfigureAwait(false);
        return answer switch
        {
            ApiAnswer.Answered(_, var body) => FromStatus(body) ?? $"failed to get version: not a status document: {body}",
            ApiAnswer.Unreachable(var why) => $"failed to get version: {why}",
            ApiAnswer.Silent silent => $"failed to get version: {silent.Why}",
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private static string? FromStatus(string body)
    {
        var status = StoredJson.Object(body);
        if (status["patroni"] is not JsonObject agent || ValueParsers.Text(agent["version"]) is not { } version)
        {
            return null;
        }

        return ValueParsers.Integer(status["server_version"]) is { } server
            ? $"Patroni {version} PostgreSQL {PostgresVersion(server)}"
            : $"Patroni {version}";
    }

    /// <summary><c>server_version_num</c>: 160004 is 16.4, 90624 is 9.6.24.</summary>
    private static string PostgresVersion(long number) => number >= 100000
        ? string.Create(CultureInfo.InvariantCulture, $"{number / 10000}.{number % 10000}")
        : string.Create(CultureInfo.InvariantCulture, $"{number / 10000}.{number / 100 % 100}.{number % 100}");
}
