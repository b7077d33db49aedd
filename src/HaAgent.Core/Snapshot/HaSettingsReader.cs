using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using HaAgent.Core.Model;
using HaAgent.Core.Settings;

namespace HaAgent.Core.Snapshot;

/// <summary>Turns the dynamic and the local configuration into the values that decisions look at.</summary>
public static class HaSettingsReader
{
    /// <param name="dynamic">The stored document; null when there is none, which means defaults.</param>
    /// <param name="local">This node's own configuration.</param>
    public static HaSettingsReading Read(JsonObject? dynamic, LocalSettings local)
    {
        var document = dynamic ?? [];
        var notices = ImmutableArray.CreateBuilder<string>();
        if (TimingRule.Read(document, notices) is not { } timing)
        {
            return new HaSettingsReading.Rejected(TimingRule.Problem(document));
        }

        var postgresql = EffectivePostgresql.Merge(document, local.Postgresql);
        var shared = document["postgresql"] as JsonObject;
        notices.AddRange(TagsReader.Conflicts(local.Tags));
        var defaults = HaSettings.Default;
        var settings = new HaSettings
        {
            Ttl = timing.Peers.Ttl,
            LoopWait = timing.Peers.LoopWait,
            RetryTimeout = timing.Peers.RetryTimeout,
            Short = timing.Short,
            MaximumLagOnFailover = new ByteCount(
                ValueParsers.Integer(document["maximum_lag_on_failover"]) ?? defaults.MaximumLagOnFailover.Value),
            PrimaryStartTimeout = Seconds(
                Either(document, "primary_start_timeout", "master_start_timeout"), defaults.PrimaryStartTimeout),
            PrimaryStopTimeout = Seconds(
                Either(document, "primary_stop_timeout", "master_stop_timeout"), defaults.PrimaryStopTimeout),
            CheckTimeline = Flag(document["check_timeline"]),
            Pause = Flag(document["pause"]),
            MaxTimelinesHistory = (int)Math.Clamp(
                ValueParsers.Integer(document["max_timelines_history"]) ?? 0, 0, int.MaxValue),
            MemberSlotsTtl = Seconds(document["member_slots_ttl"], defaults.MemberSlotsTtl, unit: "s"),
            UseSlots = shared?.ContainsKey("use_slots") != true || Flag(shared["use_slots"]),
            UsePgRewind = Flag(postgresql["use_pg_rewind"]),
            RemoveDataDirectoryOnRewindFailure = Flag(postgresql["remove_data_directory_on_rewind_failure"]),
            RemoveDataDirectoryOnDivergedTimelines = Flag(postgresql["remove_data_directory_on_diverged_timelines"]),
            PgCtlTimeout = Seconds(postgresql["pg_ctl_timeout"], defaults.PgCtlTimeout),
            Unsupported = UnsupportedSettings.In(document, postgresql),
            Tags = TagsReader.Read(local.Tags),
            MayBootstrap = local.HasBootstrap,
        };
        return new HaSettingsReading.Accepted(settings, notices.ToImmutable());
    }

    /// <summary>Every form of the bool parser; anything else counts as false.</summary>
    private static bool Flag(JsonNode? node) => ValueParsers.Bool(node) ?? false;

    /// <summary>The old name counts only where the new one is absent.</summary>
    private static JsonNode? Either(JsonObject document, string name, string alias) =>
        document.ContainsKey(name) ? document[name] : document[alias];

    private static TimeSpan Seconds(JsonNode? node, TimeSpan otherwise, string? unit = null) =>
        ValueParsers.Integer(node, unit) is { } seconds
            ? TimeSpan.FromSeconds(Math.Clamp(seconds, 0, int.MaxValue))
            : otherwise;
}
