using System.Collections.Immutable;
using System.Text.Json.Nodes;
using HaAgent.Core.Settings;

namespace HaAgent.Core.Snapshot;

/// <summary>
/// Settings of the whole cluster that this version cannot honour: found by name, never ignored in silence.
/// </summary>
public static class UnsupportedSettings
{
    private static readonly string[] PermanentSlots = ["permanent_replication_slots", "permanent_slots", "slots"];

    /// <param name="document">The dynamic configuration.</param>
    /// <param name="postgresql">The <c>postgresql</c> section in force.</param>
    public static ImmutableArray<UnsupportedSetting> In(JsonObject document, JsonObject postgresql)
    {
        var found = ImmutableArray.CreateBuilder<UnsupportedSetting>();
        void Add(string name, JsonNode? value, bool endangersCommits) =>
            found.Add(new UnsupportedSetting(name, TextualForm.Of(value), endangersCommits));

        // A commit that was promised to be on two nodes could be on one when that one is lost.
        if (IsSynchronous(document["synchronous_mode"]))
        {
            Add("synchronous_mode", document["synchronous_mode"], endangersCommits: true);
        }

        // Promoted, the leader of a standby cluster would be a second writer beside the remote primary.
        if (document["standby_cluster"] is JsonObject standby
            && (Truthy.Is(standby["host"]) || Truthy.Is(standby["port"]) || Truthy.Is(standby["restore_command"])))
        {
            found.Add(new UnsupportedSetting("standby_cluster", StandbySource(standby), EndangersCommits: true));
        }

        // The operator's own last word before a node becomes writable, or stops.
        foreach (var name in new[] { "pre_promote", "before_stop" })
        {
            if (Truthy.Is(postgresql[name]))
            {
                Add("postgresql." + name, "(a command)", endangersCommits: true);
            }
        }

        if (ValueParsers.Bool(document["failsafe_mode"]) == true)
        {
            Add("failsafe_mode", document["failsafe_mode"], endangersCommits: false);
        }

        if (PermanentSlots.FirstOrDefault(name => Truthy.Is(document[name])) is { } slots)
        {
            Add(slots, Names(document[slots]), endangersCommits: false);
        }

        if (Truthy.Is(document["ignore_slots"]))
        {
            Add("ignore_slots", document["ignore_slots"], endangersCommits: false);
        }

        if (ValueParsers.Integer(document["primary_race_backoff"]) > 0)
        {
            Add("primary_race_backoff", document["primary_race_backoff"], endangersCommits: false);
        }

        return found.ToImmutable();
    }

    /// <summary><c>on</c> in any form of the bool parser, or <c>quorum</c> in any case.</summary>
    public static bool IsSynchronous(JsonNode? mode) =>
        ValueParsers.Bool(mode) == true || string.Equals(ValueParsers.Text(mode), "quorum", StringComparison.OrdinalIgnoreCase);

    private static string StandbySource(JsonObject standby) => Truthy.Is(standby["host"]) || Truthy.Is(standby["port"])
        ? $"{ValueParsers.Text(standby["host"])}:{ValueParsers.Text(standby["port"])}"
        : "restore_command";

    private static string Names(JsonNode? slots) => slots is JsonObject map
        ? string.Join(", ", map.Select(slot => slot.Key))
        : TextualForm.Of(slots);
}
