using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using HaAgent.Core.Settings;

namespace HaAgent.Postgres.Config;

/// <param name="Type"><c>bool integer real string enum</c>.</param>
/// <param name="Unit">Base unit such as <c>8kB</c>; null: none.</param>
internal sealed record ParameterRow(
    string Name, string Type, string? Unit, string? Minimum, string? Maximum, ImmutableArray<string> Values,
        string Context);

/// <summary>
/// What the local server knows of its parameters, so that no value it would refuse reaches its files.
/// </summary>
/// <remarks>
/// From <c>pg_settings</c> once a server has answered (kept in a file beside it), else from <c>postgres
/// --describe-config</c>, which has no units and no value lists and leaves some parameters out: then values are only
/// looked at where that is safe.
/// </remarks>
internal sealed class ParameterCatalog
{
    /// <summary>Legitimate, but not listed by <c>--describe-config</c>.</summary>
    private static readonly HashSet<string> Unlisted = new(
        ("allow_in_place_tablespaces allow_system_table_mods application_name backtrace_functions config_file debug_discard_caches "
        + "force_parallel_mode ignore_checksum_failure ignore_invalid_pages ignore_system_indexes jit_debugging_support jit_dump_bitcode "
        + "jit_expressions jit_profiling_support jit_tuple_deforming post_auth_delay pre_auth_delay remove_temp_files_after_crash trace_notify "
        + "trace_recovery_messages trace_sort transaction_deferrable transaction_isolation transaction_read_only wal_consistency_checking "
        + "zero_damaged_pages hba_file ident_file data_directory external_pid_file debug_parallel_query").Split(' '),
        StringComparer.OrdinalIgnoreCase);

    private readonly ImmutableDictionary<string, ParameterRow> _rows;

    private ParameterCatalog(ImmutableDictionary<string, ParameterRow> rows, bool isComplete)
    {
        _rows = rows;
        IsComplete = isComplete;
    }

    /// <summary>Knows nothing: everything passes.</summary>
    public static readonly ParameterCatalog Nothing =
        new(ImmutableDictionary<string, ParameterRow>.Empty, isComplete: false);

    /// <summary>Made from <c>pg_settings</c>.</summary>
    public bool IsComplete { get; }

    public ParameterRow? Find(string name) => _rows.GetValueOrDefault(name);

    public static ParameterCatalog FromServer(IEnumerable<ParameterRow> rows) => new(Index(rows), isComplete: true);

    /// <summary>
    /// Nine fields separated by tabs: name, context, group, type, default, minimum, maximum, two descriptions.
    /// </summary>
    public static ParameterCatalog FromDescription(string output)
    {
        var rows = from line in output.Split('\n')
                   let fields = line.Split('\t')
                   where fields.Length >= 7
                   select new ParameterRow(
                       fields[0], fields[3] == "BOOLEAN" ? "bool" : fields[3].ToLowerInvariant(), null,
                           NullIfEmpty(fields[5]), NullIfEmpty(fields[6]), [], fields[1]);
        var index = Index(rows);
        return index.IsEmpty ? Nothing : new(index, isComplete: false);
    }

    /// <summary>The same, but refusing these names: the server has complained about their values.</summary>
    public ParameterCatalog Without(IReadOnlyCollection<string> names) =>
        new(_rows, IsComplete) { Refused = [.. names] };

    private ImmutableArray<string> Refused { get; init; } = [];

    /// <summary>The parameters that this server takes, changed where it would refuse them.</summary>
    /// <param name="warn">Told each change, in the peer's words.</param>
    public SortedDictionary<string, string> Transform(
        IReadOnlyDictionary<string, string> parameters, Action<string> warn)
    {
        var result = new SortedDictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in parameters)
        {
            if (!PostgresConfFile.IsName(name) || value.Contains('\0', StringComparison.Ordinal))
            {
                warn($"Removing unexpected parameter={name} from the config: its name or value cannot stand in postgresql.conf");
            }
            else if (Refused.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                warn($"Removing invalid parameter `{name}` from postgresql.parameters");
            }
            else if (RecoveryParameters.Contains(name))
            {
                continue;
            }
            else if (Accept(name, value, warn) is { } accepted)
            {
                result[name] = accepted;
            }
        }

        return result;
    }

    /// <summary>For the file that keeps it until the server can be asked again.</summary>
    public string ToJson(string key)
    {
        var rows = new JsonArray();
        foreach (var row in _rows.Values.OrderBy(row => row.Name, StringComparer.Ordinal))
        {
            rows.Add((JsonNode)new JsonArray(
                row.Name, row.Type, row.Unit, row.Minimum, row.Maximum, string.Join('\n', row.Values), row.Context));
        }

        return new JsonObject { ["key"] = key, ["rows"] = rows }.ToJsonString();
    }

    /// <summary>Null when it was kept for another binary, or is damaged.</summary>
    public static ParameterCatalog? FromJson(string json, string key)
    {
        try
        {
            if (JsonNode.Parse(json) is not JsonObject file || ValueParsers.Text(file["key"]) != key
                || file["rows"] is not JsonArray rows)
            {
                return null;
            }

            return FromServer(rows.OfType<JsonArray>().Where(row => row.Count == 7).Select(row => new ParameterRow(
                ValueParsers.Text(row[0]) ?? "",
                ValueParsers.Text(row[1]) ?? "",
                ValueParsers.Text(row[2]),
                ValueParsers.Text(row[3]),
                ValueParsers.Text(row[4]),
                [.. (ValueParsers.Text(row[5]) ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries)],
                ValueParsers.Text(row[6]) ?? "")));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private string? Accept(string name, string value, Action<string> warn)
    {
        if (name.Contains('.', StringComparison.Ordinal) || _rows.IsEmpty)
        {
            return value; // an extension's, never validated; or nothing is known at all
        }

        if (Find(name) is not { } row)
        {
            if (!IsComplete && Unlisted.Contains(name))
            {
                return value;
            }

            warn($"Removing unexpected parameter={name} value={value} from the config");
            return null;
        }

        return row.Context == "internal" ? Removed("internal", row, value, warn) : row.Type switch
        {
            "bool" => ValueParsers.Bool(value) is null ? Removed("bool", row, value, warn) : value,
            "enum" when IsComplete => IsAmong(row, value) ? value : Removed("enum", row, value, warn),
            "integer" or "real" when IsComplete => Clamped(row, value, warn),
            _ => value,
        };
    }

    private static bool IsAmong(ParameterRow row, string value)
    {
        var takesBooleans = row.Values.Contains("on") && row.Values.Contains("off");
        return row.Values.Contains(value, StringComparer.OrdinalIgnoreCase)
            || (takesBooleans && ValueParsers.Bool(value) is not null);
    }

    private static string? Clamped(ParameterRow row, string value, Action<string> warn)
    {
        if (ParameterValue.Number(value, row) is not { } number)
        {
            return Removed(row.Type, row, value, warn);
        }

        if (Limit(row.Minimum) is { } minimum && number < minimum)
        {
            warn($"Value={value} of parameter={row.Name} is too low, increasing to {row.Minimum}{row.Unit}");
            return row.Minimum;
        }

        if (Limit(row.Maximum) is { } maximum && number > maximum)
        {
            warn($"Value={value} of parameter={row.Name} is too big, decreasing to {row.Maximum}{row.Unit}");
            return row.Maximum;
        }

        return value;
    }

    private static string? Removed(string type, ParameterRow row, string value, Action<string> warn)
    {
        warn($"Removing {type} parameter={row.Name} from the config due to the invalid value={value}");
        return null;
    }

    private static double? Limit(string? text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var limit) ? limit : null;

    private static ImmutableDictionary<string, ParameterRow> Index(IEnumerable<ParameterRow> rows)
    {
        var index = ImmutableDictionary.CreateBuilder<string, ParameterRow>(StringComparer.OrdinalIgnoreCase);
        foreach (var row in rows)
        {
            index[row.Name] = row;
        }

        return index.ToImmutable();
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}

/// <summary>Values of parameters with their units.</summary>
internal static class ParameterValue
{
    private static readonly (string Unit, double Factor)[] Bytes =
        [("TB", 1099511627776), ("GB", 1073741824), ("MB", 1048576), ("kB", 1024), ("B", 1)];

    private static readonly (string Unit, double Factor)[] Seconds =
        [("d", 86400), ("h", 3600), ("min", 60), ("s", 1), ("ms", 0.001), ("us", 0.000001)];

    /// <summary>In the parameter's base unit; null when it is no number, or has a unit that does not fit.</summary>
    public static double? Number(string value, ParameterRow row)
    {
        if (row.Type == "integer")
        {
            return ValueParsers.Integer(value, row.Unit);
        }

        return double.TryParse(value.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var plain)
            && double.IsFinite(plain)
            ? plain
            : WithUnit(value.Trim(), row.Unit);
    }

    /// <summary>
    /// The form for people: the largest unit that writes the number exactly. <c>16384</c> of <c>8kB</c> is
    /// <c>128MB</c>.
    /// </summary>
    public static string ForPeople(string setting, string? unit)
    {
        if (unit is null || !double.TryParse(setting, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            || number <= 0)
        {
            return setting;
        }

        foreach (var family in (ReadOnlySpan<(string Unit, double Factor)[]>)[Bytes, Seconds])
        {
            if (BaseFactor(unit, family) is not { } factor)
            {
                continue;
            }

            foreach (var (name, size) in family)
            {
                var units = number * factor / size;
                if (units >= 1 && Math.Abs(units - Math.Round(units)) < 1e-9)
                {
                    return string.Create(CultureInfo.InvariantCulture, $"{Math.Round(units):0}{name}");
                }
            }
        }

        return setting;
    }

    private static double? WithUnit(string value, string? unit)
    {
        var digits = value.TrimEnd([.. "BkMGTusmindh"]);
        var suffix = value[digits.Length..];
        if (unit is null || !double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
        {
            return null;
        }

        foreach (var family in (ReadOnlySpan<(string Unit, double Factor)[]>)[Bytes, Seconds])
        {
            if (BaseFactor(unit, family) is { } baseFactor && BaseFactor(suffix, family) is { } factor)
            {
                return number * factor / baseFactor;
            }
        }

        return null;
    }

    private static double? BaseFactor(string unit, (string Unit, double Factor)[] family)
    {
        var multiple = new string([.. unit.TakeWhile(char.IsAsciiDigit)]);
        foreach (var (name, factor) in family)
        {
            if (name == unit[multiple.Length..])
            {
                return factor * (multiple.Length == 0 ? 1 : double.Parse(multiple, CultureInfo.InvariantCulture));
            }
        }

        return null;
    }
}
