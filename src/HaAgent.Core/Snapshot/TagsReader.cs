using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using HaAgent.Core.Contracts.Records;
using HaAgent.Core.Model;
using HaAgent.Core.Settings;

namespace HaAgent.Core.Snapshot;

/// <summary>Reads tags: the local <c>tags</c> section, and what members publish.</summary>
public static class TagsReader
{
    /// <summary>As configured; <see cref="Tags.Json"/> is what this node publishes of them.</summary>
    public static Tags Read(JsonObject? tags) => tags is null || tags.Count == 0
        ? Tags.None
        : Meaning(tags) with { Json = JsonText.Compact(Published(tags)) };

    /// <summary>As a member's record or its REST API holds them; <see cref="Tags.Json"/> is that text.</summary>
    /// <param name="tags">Anything: what is no object counts as no tags, and of a name given twice the last counts.</param>
    public static Tags ReadPublished(JsonElement tags)
    {
        if (tags.ValueKind != JsonValueKind.Object)
        {
            return Tags.None;
        }

        // A structure says nothing to us; whatever a member put in there must not keep its other tags from being read.
        var scalars = new JsonObject();
        foreach (var tag in tags.EnumerateObject())
        {
            scalars[tag.Name] = tag.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array
                ? null
                : JsonValue.Create(tag.Value);
        }

        return Meaning(scalars) with { Json = tags.GetRawText() };
    }

    /// <summary>All but <see cref="Tags.Json"/>.</summary>
    private static Tags Meaning(JsonObject tags)
    {
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
