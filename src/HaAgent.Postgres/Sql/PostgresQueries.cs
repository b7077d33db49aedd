namespace HaAgent.Postgres.Sql;

/// <summary>
/// Every SQL text the agent sends, for PostgreSQL 13 to 18. All run with <c>search_path = pg_catalog</c>.
/// </summary>
internal static class PostgresQueries
{
    /// <summary>Everything the probe wants, in one row. The columns are read by <see cref="ProbeRow"/>.</summary>
    /// <remarks>
    /// Asked once, `in_recovery` decides which functions may be called: some fail in the other role. The timeline of a
    /// primary is that of its current WAL file's name. Everything has a base type, so that no type needs to be loaded.
    /// </remarks>
    public const string Probe = """
        SELECT r.in_recovery,
               CASE WHEN NOT r.in_recovery THEN substr(pg_walfile_name(pg_current_wal_flush_lsn()), 1, 8) END,
               CASE WHEN NOT r.in_recovery THEN pg_current_wal_flush_lsn()::text END,
               w.received_tli,
               c.timeline_id,
               m.min_recovery_end_timeline,
               CASE WHEN r.in_recovery THEN GREATEST(pg_last_wal_receive_lsn(), w.written_lsn)::text END,
               CASE WHEN r.in_recovery THEN pg_last_wal_replay_lsn()::text END,
               w.latest_end_lsn::text,
               EXTRACT(EPOCH FROM pg_last_xact_replay_timestamp())::float8,
               CASE WHEN r.in_recovery THEN pg_is_wal_replay_paused() ELSE false END,
               w.status,
               current_setting('restore_command'),
               EXTRACT(EPOCH FROM pg_postmaster_start_time())::float8,
               current_setting('server_version_num')::int4,
               (SELECT json_agg(json_build_array(pid, usename, application_name, host(client_addr), state, sync_state, sync_priority,
                       flush_lsn::text))::text
                  FROM pg_stat_replication),
               (SELECT json_agg(json_build_array(slot_name, slot_type, active, restart_lsn::text, confirmed_flush_lsn::text,
                       xmin IS NOT NULL, database, plugin, wal_status))::text
                  FROM pg_replication_slots WHERE NOT temporary)
          FROM (SELECT pg_is_in_recovery() AS in_recovery) r
         CROSS JOIN pg_control_checkpoint() c
         CROSS JOIN pg_control_recovery() m
          LEFT JOIN pg_stat_get_wal_receiver() w ON true
        """;

    public const string Checkpoint = "CHECKPOINT";

    public const string ResumeReplay = "SELECT pg_wal_replay_resume()";

    /// <summary>WAL is reserved at once, so that nothing a member needs is removed before it connects.</summary>
    public const string CreatePhysicalSlot = "SELECT pg_create_physical_replication_slot(($1::text)::name, true)::text";

    public const string DropSlot = "SELECT pg_drop_replication_slot(($1::text)::name)::text";

    public const string AdvanceSlot = "SELECT pg_replication_slot_advance(($1::text)::name, ($2::text)::pg_lsn)::text";

    /// <summary>Changes when a backend has read its configuration files again.</summary>
    public const string ConfigurationLoadedAt = "SELECT EXTRACT(EPOCH FROM pg_conf_load_time())::float8";

    public const string Parameters =
        "SELECT name, vartype, unit, min_val, max_val, array_to_string(enumvals, chr(10)), context FROM pg_settings";

    /// <summary>
    /// Parameters whose new value waits for a restart; the last entry in the files is the one that counts.
    /// </summary>
    public const string PendingRestart = """
        SELECT s.name, s.setting, s.unit, f.setting
          FROM pg_settings s
          LEFT JOIN (SELECT DISTINCT ON (name) name, setting FROM pg_file_settings ORDER BY name, seqno DESC) f ON lower(f.name) = lower(s.name)
         WHERE s.pending_restart
         ORDER BY s.name
        """;

    /// <summary>What the server did not like in its files, apart from what only needs a restart.</summary>
    public const string ConfigurationErrors = """
        SELECT DISTINCT coalesce(name, ''), error FROM pg_file_settings
         WHERE error IS NOT NULL AND error <> 'setting could not be applied'
        """;

    /// <summary>Where a leader stands, and the history of its timeline (empty on timeline 1).</summary>
    /// <remarks>
    /// Plain SQL with the credentials and the rights that pg_rewind needs from the same server, so that no second kind
    /// of connection (replication) has to be allowed: everybody may call the pg_control functions, and the rewind user
    /// may read binary files.
    /// </remarks>
    public const string LeaderFacts = """
        SELECT (SELECT system_identifier::text FROM pg_control_system()),
               r.in_recovery,
               CASE WHEN NOT r.in_recovery THEN substr(pg_walfile_name(pg_current_wal_flush_lsn()), 1, 8) END,
               c.timeline_id
          FROM (SELECT pg_is_in_recovery() AS in_recovery) r
         CROSS JOIN pg_control_checkpoint() c
        """;

    public const string ReadHistoryFile = "SELECT pg_read_binary_file($1::text)";

    /// <summary>How far the local server is: replayed, or flushed as primary.</summary>
    public const string LocalPosition = """
        SELECT r.in_recovery, CASE WHEN r.in_recovery THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END::text
          FROM (SELECT pg_is_in_recovery() AS in_recovery) r
        """;

    public const string IsInRecovery = "SELECT pg_is_in_recovery()";

    public const string RoleExists = "SELECT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = ($1::text)::name)";

    /// <summary>
    /// For sessions whose statements hold passwords: none of them reaches a log, nor waits for a standby.
    /// </summary>
    public static readonly string[] Discreetly =
    [
        "SET synchronous_commit = local",
        "SET log_statement = none",
        "SET log_min_duration_statement = -1",
        "SET log_min_error_statement = panic",
        "SET log_min_duration_sample = -1",
        "SET log_duration = off",
        "SET pg_stat_statements.track_utility = off",
        "SET pgaudit.log = none",
        "SET standard_conforming_strings = on",
    ];

    public static readonly string[] RewindGrants =
    [
        "pg_catalog.pg_ls_dir(text, boolean, boolean)",
        "pg_catalog.pg_stat_file(text, boolean)",
        "pg_catalog.pg_read_binary_file(text)",
        "pg_catalog.pg_read_binary_file(text, bigint, bigint, boolean)",
    ];

    /// <summary>
    /// Creates or alters a role. Utility statements take no parameters, so names and passwords are quoted here.
    /// </summary>
    public static string Role(bool exists, UserCredentials user, string attributes)
    {
        var password = user.Password is { } secret ? $" PASSWORD {Literal(secret)}" : "";
        // callers have looked
        return $"{(exists ? "ALTER" : "CREATE")} ROLE {Identifier(user.Username!)} WITH {attributes}{password}";
    }

    public static string GrantExecute(string function, string role) =>
        $"GRANT EXECUTE ON FUNCTION {function} TO {Identifier(role)}";

    public static string Identifier(string name) => "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

    /// <summary>With <c>standard_conforming_strings</c> on, a quote is all that needs care.</summary>
    private static string Literal(string text) => "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";
}
