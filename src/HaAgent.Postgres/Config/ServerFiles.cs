using HaAgent.Postgres.Control;

namespace HaAgent.Postgres.Config;

/// <param name="Follow">For a standby: whom to stream from.</param>
/// <param name="Raised">Parameters that a standby must not have lower than its primary had them.</param>
internal sealed record FilePlan(
    PostgresEffectiveConfiguration Configuration,
    ParameterCatalog Catalog,
    PostgresVersion Version,
    bool IsPrimary,
    UpstreamAddress? Follow,
    IReadOnlyDictionary<string, string> Raised);

/// <summary>Makes the server's files what the configuration says. Blocks on disk.</summary>
internal sealed class ServerFiles(PostgresOptions options)
{
    private const string RecoverySignal = "recovery.signal";

    /// <summary>Writes what differs; true when anything did.</summary>
    /// <param name="warn">Told what was left out.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public bool Write(FilePlan plan, Action<string> warn)
    {
        var configuration = plan.Configuration;
        var parameters = plan.Catalog.Transform(configuration.Parameters(plan.IsPrimary), warn);
        foreach (var (name, value) in plan.Raised)
        {
            parameters[name] = value;
        }

        var ownHba = OwnFile(parameters, "hba_file", "pg_hba.conf");
        var ownIdent = OwnFile(parameters, "ident_file", "pg_ident.conf");
        var recovery = plan.IsPrimary ? null : RecoverySettings(plan, warn);
        var include = PrepareBase(configuration);
        var changed = WriteIfDifferent(ConfPath(configuration), PostgresConfFile.Render(include, parameters, recovery));
        changed |= WriteLines(ownHba, configuration.HbaLines(plan.IsPrimary));
        changed |= WriteLines(ownIdent, configuration.IdentLines(plan.IsPrimary));
        return changed | CleanAutoConf();
    }

    /// <summary>Decides by signal files how the next start goes.</summary>
    public void WriteSignals(bool asPrimary)
    {
        File.Delete(Path.Combine(options.DataDirectory, RecoverySignal));
        var standby = Path.Combine(options.DataDirectory, DataDirectoryReader.StandbySignal);
        if (asPrimary)
        {
            File.Delete(standby);
            UnixFile.SynchronizeDirectory(options.DataDirectory);
        }
        else if (!File.Exists(standby))
        {
            AtomicFile.Write(standby, "", AtomicFile.ModeFor(standby, options.DataDirectory));
        }
    }

    /// <summary>The arguments that start a postmaster on these files.</summary>
    public List<string> CommandLine(FilePlan plan)
    {
        List<string> arguments = ["-D", options.DataDirectory, "--config-file=" + ConfPath(plan.Configuration)];
        foreach (var (name, value) in plan.Configuration.Controlled)
        {
            if (ControlledParameters.IsOnCommandLine(name))
            {
                arguments.Add($"--{name}={plan.Raised.GetValueOrDefault(name, value)}");
            }
        }

        return arguments;
    }

    public string ConfPath(PostgresEffectiveConfiguration configuration) =>
        Path.Combine(options.ConfigDirectory, configuration.ConfigBaseName + ".conf");

    /// <summary>Lines to add to the pg_hba.conf that initdb made, when nothing else says what it should hold.</summary>
    public void AppendBootstrapHba(PostgresEffectiveConfiguration configuration)
    {
        if (options.BootstrapHba.IsEmpty || configuration.HbaLines(isPrimary: true) is not null
            || configuration.Parameters(isPrimary: true).ContainsKey("hba_file"))
        {
            return;
        }

        var path = Path.Combine(options.ConfigDirectory, "pg_hba.conf");
        var present = File.Exists(path) ? File.ReadAllText(path) : "";
        WriteIfDifferent(path, present + string.Concat(options.BootstrapHba.Select(line => line + "\n")));
    }

    /// <summary>Copies of the configuration in the data directory, so that they travel with base backups.</summary>
    public void SaveBackups(PostgresEffectiveConfiguration configuration)
    {
        foreach (var name in BackedUp(configuration))
        {
            var source = Path.Combine(options.ConfigDirectory, name);
            if (File.Exists(source))
            {
                WriteIfDifferent(Path.Combine(options.DataDirectory, name + ".backup"), File.ReadAllText(source));
            }
        }
    }

    /// <summary>After a clone: configuration files that did not come along are taken from their copies.</summary>
    public void RestoreMissing(PostgresEffectiveConfiguration configuration)
    {
        foreach (var name in BackedUp(configuration))
        {
            var target = Path.Combine(options.ConfigDirectory, name);
            var backup = Path.Combine(options.DataDirectory, name + ".backup");
            if (!File.Exists(target) && (File.Exists(backup) || name == "pg_ident.conf"))
            {
                WriteIfDifferent(target, File.Exists(backup) ? File.ReadAllText(backup) : "");
            }
        }
    }

    /// <summary>
    /// The content of the configuration files, to put it back after a rewind has copied the leader's over them.
    /// </summary>
    public Dictionary<string, string> Remember(PostgresEffectiveConfiguration configuration) => BackedUp(configuration)
        .Select(name => Path.Combine(options.ConfigDirectory, name))
        .Where(File.Exists)
        .ToDictionary(path => path, File.ReadAllText);

    public void PutBack(Dictionary<string, string> remembered)
    {
        foreach (var (path, content) in remembered)
        {
            WriteIfDifferent(path, content);
        }
    }

    private static IEnumerable<string> BackedUp(PostgresEffectiveConfiguration configuration) =>
        [configuration.ConfigBaseName + ".conf", configuration.ConfigBaseName + ".base.conf", "pg_hba.conf",
            "pg_ident.conf"];

    private SortedDictionary<string, string> RecoverySettings(FilePlan plan, Action<string> warn)
    {
        string? connInfo = null;
        if (plan.Follow is { } upstream)
        {
            PassFile.Write(options.PassFile, upstream, options.Replication);
            var keys = ConnInfo.To(upstream, options.Replication, plan.Configuration.Database, plan.Version);
            keys["application_name"] = options.Name;
            if (plan.Configuration.KrbServiceName is { } service)
            {
                keys["krbsrvname"] = service;
            }

            if (options.Replication.Password is not null)
            {
                keys["passfile"] = options.PassFile;
            }

            connInfo = ConnInfo.Render(keys);
        }

        var slot = plan.Configuration.UseSlots ? new Core.Model.NodeName(options.Name).SlotName() : null;
        var settings = RecoveryParameters.ForStandby(plan.Configuration.RecoveryConf, connInfo, slot, plan.Version);
        foreach (var name in settings.Keys.Where(name => settings[name].Contains('\0', StringComparison.Ordinal)).ToList())
        {
            warn($"Removing recovery parameter={name}: its value holds a zero byte");
            settings.Remove(name);
        }

        return settings;
    }

    /// <summary>
    /// What the generated file includes; the original file becomes the base file when this is the first time.
    /// </summary>
    private string PrepareBase(PostgresEffectiveConfiguration configuration)
    {
        if (configuration.CustomConf is { } custom)
        {
            return custom;
        }

        var name = configuration.ConfigBaseName + ".base.conf";
        var path = Path.Combine(options.ConfigDirectory, name);
        if (!File.Exists(path))
        {
            var conf = ConfPath(configuration);
            if (File.Exists(conf) && !PostgresConfFile.IsGenerated(File.ReadAllText(conf)))
            {
                File.Move(conf, path);
                UnixFile.SynchronizeDirectory(options.ConfigDirectory);
            }
            else
            {
                WriteIfDifferent(path, "");
            }
        }

        return name;
    }

    /// <summary>The path of a file that the agent writes; null when the parameter points elsewhere.</summary>
    private string? OwnFile(SortedDictionary<string, string> parameters, string parameter, string name)
    {
        var own = Path.Combine(options.ConfigDirectory, name);
        if (parameters.TryGetValue(parameter, out var configured) && configured.Length > 0)
        {
            var full = Path.GetFullPath(configured, options.ConfigDirectory);
            parameters[parameter] = full;
            return full == own ? own : null;
        }

        parameters[parameter] = own;
        return own;
    }

    private bool WriteLines(string? path, List<string>? lines) =>
        path is not null && lines is not null && WriteIfDifferent(path, PostgresConfFile.RenderLines(lines));

    /// <summary>ALTER SYSTEM beats postgresql.conf: a recovery setting there would decide whom to follow.</summary>
    private bool CleanAutoConf()
    {
        var path = Path.Combine(options.DataDirectory, "postgresql.auto.conf");
        return File.Exists(path)
            && PostgresConfFile.WithoutRecoverySettings(File.ReadAllText(path)) is { } cleaned
            && WriteIfDifferent(path, cleaned);
    }

    private bool WriteIfDifferent(string path, string content) =>
        AtomicFile.WriteIfDifferent(path, content, AtomicFile.ModeFor(path, options.DataDirectory));
}
