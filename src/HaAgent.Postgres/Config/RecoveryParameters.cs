namespace HaAgent.Postgres.Config;

/// <summary>
/// The recovery settings: a constant set, because it decides where a setting goes, whatever the version.
/// </summary>
internal static class RecoveryParameters
{
    private static readonly HashSet<string> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        "archive_cleanup_command", "restore_command", "recovery_end_command", "primary_conninfo", "primary_slot_name",
        "recovery_target",
        "recovery_target_time", "recovery_target_xid", "recovery_target_timeline", "recovery_target_name",
        "recovery_target_lsn",
        "recovery_target_inclusive", "recovery_target_action", "pause_at_recovery_target", "recovery_min_apply_delay",
        "standby_mode",
        "trigger_file", "promote_trigger_file",
    };

    public static bool Contains(string name) => Names.Contains(name);

    /// <summary>
    /// The settings of a standby: those of <c>postgresql.recovery_conf</c>, without what says where recovery ends or
    /// whom to follow, then what following takes.
    /// </summary>
    /// <param name="primaryConnInfo">Null: nobody is followed.</param>
    /// <param name="slotName">Null: no slot is used.</param>
    public static SortedDictionary<string, string> ForStandby(
        IEnumerable<KeyValuePair<string, string>> recoveryConf, string? primaryConnInfo, string? slotName,
            PostgresVersion version)
    {
        var settings = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in recoveryConf)
        {
            var lower = name.ToLowerInvariant();
            if (lower is "trigger_file" or "promote_trigger_file")
            {
                if (version.Has(PostgresCapability.PromoteTriggerFile))
                {
                    settings["promote_trigger_file"] = value;
                }
            }
            else if (Names.Contains(lower)
                && lower is not ("primary_conninfo" or "primary_slot_name" or "standby_mode"
                    or "pause_at_recovery_target")
                && !lower.StartsWith("recovery_target", StringComparison.Ordinal))
            {
                settings[lower] = value;
            }
        }

        settings["recovery_target_timeline"] = "latest";
        foreach (var target in (string[])["", "_name", "_time", "_xid", "_lsn"])
        {
            // Explicitly empty, so that one left behind in another file cannot end recovery.
            settings["recovery_target" + target] = "";
        }

        if (primaryConnInfo is not null)
        {
            settings["primary_conninfo"] = primaryConnInfo;
            if (slotName is not null)
            {
                settings["primary_slot_name"] = slotName;
            }
        }

        return settings;
    }
}
