using System.Collections.Immutable;
using System.Text.Json.Nodes;
using HaAgent.Core.Contracts.Records;
using HaAgent.Core.Model;
using HaAgent.Core.Settings;

namespace HaAgent.Core.Snapshot;

/// <summary>Reads tags, from the local <c>tags</c> section as well as from a member's record.</summary>
public static class TagsReader
{
    public static Tags Read(JsonObject? tags)
    {
        if (tags is null || tags.Count == 0)
        {
            return Tags.None;
        }

        var (mayNotLead, failoverPriority) = Candidacy(tags, "nofailover", "failover_priority");
        var (mayNotSync, syncPriority) = Candidacy(tags, "nosync", "sync_priority");
        return new Tags
        {
            NoFailover = mayNotLead,
            FailoverPriority = failoverPriority,
            NoSync = mayNotSync,
            SyncPriority = syncPriority,
            CloneFrom = ValueParsers.Bool(tags["clonefrom"]) ?? false,
            NoLoadBalance = ValueParsers.Bool(tags["noloadbalance"]) ?? false,
            NoStream = ValueParsers.Bool(tags["nostream"]) ?? false,
            ReplicateFrom = new NodeName(ValueParsers.Text(tags["replicatefrom"]) ?? ""),
            Json = JsonText.Compact(Published(tags)),
        };
    }

    /// <summary>What the operator should look at: a boolean and a priority that contradict each other.</summary>
    public static ImmutableArray<string> Conflicts(JsonObject? tags)
    {
        string?[] both = tags is null
            ? []
            : [Conflict(tags, "nofailover", "failover_priority"), Conflict(tags, "nosync", "sync_priority")];
        return [.. both.OfType<string>()];
    }

    /// <summary>The tags that go into the member's record, as configured and in that order.</summary>
    public static JsonObject Published(JsonObject tags)
    {
        var published = new JsonObject();
        foreach (var (name, value) in tags)
        {
            var isPublished = name switch
            {
                "clonefrom" or "noloadbalance" or "nostream" => Truthy.Is(value),
                "nofailover" => Truthy.Is(value) || tags.ContainsKey("failover_priority"),
                "nosync" => Truthy.Is(value) || tags.ContainsKey("sync_priority"),
                _ => true,
            };
            if (isPublished)
            {
                published[name] = value?.DeepClone();
            }
        }

        return published;
    }

    /// <summary>The boolean wins over the priority; without it a priority of 0 or less excludes.</summary>
    private static (bool Excluded, int Priority) Candidacy(JsonObject tags, string boolean, string priority)
    {
        var excluded = ValueParsers.Bool(tags[boolean]);
        var given = (int)Math.Clamp(ValueParsers.Integer(tags[priority]) ?? 1, int.MinValue, int.MaxValue);
        return excluded switch
        {
            true => (true, 0),
            false => (false, given > 0 ? given : 1),
            null => (given <= 0, given),
        };
    }

    private static string? Conflict(JsonObject tags, string boolean, string priority)
    {
        if (ValueParsers.Bool(tags[boolean]) is not { } excluded || ValueParsers.Integer(tags[priority]) is not { } given
            || excluded == given <= 0)
        {
            return null;
        }

        var text = TextualForm.Of(tags[boolean]);
        return $"Conflicting configuration between {boolean}: {text} and {priority}: {given}. Defaulting to {boolean}: "
                + $"{text}";
    }
}
