using System.Globalization;
using System.Text.Json.Nodes;
using HaAgent.Configuration.Yaml;
using HaAgent.Core.Contracts.Records;
using HaAgent.Core.Model;
using HaAgent.Core.Settings;
using HaAgent.Core.Snapshot;
using HaAgent.Ctl.Output;

namespace HaAgent.Ctl.Members;

/// <summary>The member table, and what stands below it (cli.md 5).</summary>
internal sealed class MemberTable
{
    private const int DefaultPort = 5432;
    private const int LongestReason = 50;

    private readonly ClusterState _cluster;
    private readonly ClusterConfig _config;
    private readonly OutputFormat _format;
    private readonly string _name;
    private readonly bool _extended;
    private readonly IReadOnlyList<ListedMember> _members;
    private readonly IReadOnlyList<ListedMember> _addressed;

    private MemberTable(ClusterState cluster, string name, OutputFormat format, bool extended)
    {
        _cluster = cluster;
        _config = ClusterConfig.Of(cluster);
        _name = name;
        _format = format;
        _extended = extended;
        _members = [.. cluster.Members.Select(member => ListedMember.From(member, cluster, _config))];
        _addressed = [.. _members.Where(member => member.Host is not null)];
    }

    public static string Render(
        ClusterState cluster, string name, OutputFormat format = OutputFormat.Pretty, bool extended = false)
    {
        var table = new MemberTable(cluster, name, format, extended);
        return table.Rows() + (format.IsTable() ? table.Footer() : "");
    }

    private string Rows()
    {
        var columns = Columns().ToArray();
        var members = _format == OutputFormat.Topology ? MemberTree.Arrange(_members) : _members;
        var listing = new Listing(
            [.. columns.Select(column => column.Column)],
            [.. members.Select(member => columns.Select(column => column.Cell(member)).ToArray())])
        {
            Title = $" Cluster: {_name} ({InitializeText()}) ",
            OmitEmpty = true,
        };
        return listing.Render(_format);
    }

    private string InitializeText() => _cluster.Initialize switch
    {
        null => "uninitialized",
        "" => "initializing",
        { } identifier => identifier,
    };

    private IEnumerable<(Column Column, Func<ListedMember, JsonNode?> Cell)> Columns()
    {
        if (!_format.IsTable())
        {
            yield return (new("Cluster"), _ => _name);
        }

        yield return (new("Member"), member => member.Name);
        yield return (new("Host"), Host);
        yield return (new("Role"), member => RoleText(member.Role));
        yield return (new("State"), member => member.State);
        yield return (new("TL", AlignRight: true), member => member.Timeline.IsKnown ? member.Timeline.Value : "");
        yield return (new("Receive LSN", AlignRight: true), member => LsnText(member, member.Received));
        yield return (new(_format.IsTable() ? "Lag" : "Receive Lag", AlignRight: true), member => Lag(member, member.Received));
        yield return (new("Replay LSN", AlignRight: true), member => LsnText(member, member.Replayed));
        yield return (new(_format.IsTable() ? "Lag" : "Replay Lag", AlignRight: true), member => Lag(member, member.Replayed));

        if (Shown(member => member.PendingRestart))
        {
            yield return (new("Pending restart"), member => member.PendingRestart ? "*" : "");
        }

        if (Shown(member => member.PendingRestartReason.Count > 0))
        {
            yield return (new("Pending restart reason"), Reasons);
        }

        if (Shown(member => member.ScheduledRestart.Count > 0))
        {
            yield return (new("Scheduled restart"), ScheduledRestart);
        }

        if (Shown(member => member.Tags.Count > 0))
        {
            yield return (new("Tags"), Tags);
        }
    }

    private bool Shown(Func<ListedMember, bool> has) => _extended || _addressed.Any(has);

    private bool WithPorts => _addressed.Any(member => member.Port != DefaultPort)
        || _addressed.DistinctBy(member => member.Host).Count() < _addressed.Count;

    private JsonNode Host(ListedMember member) => member.Host is null ? ""
        : WithPorts ? string.Create(CultureInfo.InvariantCulture, $"{member.Host}:{member.Port}")
        : member.Host;

    private static string RoleText(string role) =>
        string.Join(' ', role.Split('_').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));

    private static JsonNode LsnText(ListedMember member, Lsn lsn) =>
        member.IsLeader ? "" : lsn.IsKnown ? lsn.ToString() : "unknown";

    /// <summary>Mebibytes behind the leader's last word, rounded half to even; nothing when not known.</summary>
    private JsonNode Lag(ListedMember member, Lsn lsn)
    {
        if (member.IsLeader || !lsn.IsKnown)
        {
            return "";
        }

        var bytes = Math.Max(0, _cluster.Status.Optime.AheadOf(lsn).Value);
        return (long)Math.Round(bytes / 1024.0 / 1024.0, MidpointRounding.ToEven);
    }

    private JsonNode Reasons(ListedMember member) => string.Join('\n', member.PendingRestartReason.Select(Reason));

    private string Reason(KeyValuePair<string, JsonNode?> parameter)
    {
        var values = parameter.Value as JsonObject;
        var reason = $"{parameter.Key}: {ValueParsers.Text(values?["old_value"])}->{ValueParsers.Text(values?["new_value"])}";
        return _format.IsTable() && reason.Length > LongestReason ? $"{parameter.Key}: [hidden - too long]" : reason;
    }

    private static JsonNode ScheduledRestart(ListedMember member)
    {
        var schedule = ValueParsers.Text(member.ScheduledRestart["schedule"]) ?? "";
        return ValueParsers.Text(member.ScheduledRestart["postgres_version"]) is { } version
            ? $"{schedule} if version < {version}"
            : schedule;
    }

    private JsonNode Tags(ListedMember member) => member.Tags.Count == 0 ? "" : _format switch
    {
        OutputFormat.Json or OutputFormat.Yaml => member.Tags.DeepClone(),
        OutputFormat.Pretty => Yaml11Writer.Block(member.Tags).TrimEnd('\n'),
        _ => Yaml11Writer.Flow(member.Tags, width: int.MaxValue),
    };

    private string Footer()
    {
        var footer = _config.IsPaused ? " Maintenance mode: on\n" : "";
        if (_cluster.Failover is not { IsPresent: true, ScheduledAt: { } at } request)
        {
            return footer;
        }

        footer += $" Switchover scheduled at: {IsoTime.Text(at)}\n";
        footer += request.Leader.IsNobody ? "" : $"{"from",24}: {request.Leader}\n";
        return footer + (request.Candidate.IsNobody ? "" : $"{"to",24}: {request.Candidate}\n");
    }
}
