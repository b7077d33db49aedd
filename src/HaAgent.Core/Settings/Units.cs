using System.Globalization;

namespace HaAgent.Core.Settings;

/// <summary>Units of memory and time as PostgreSQL writes them: case-sensitive, 1024 per step for memory.</summary>
/// <remarks>PostgreSQL documentation, "Parameter Names and Values".</remarks>
internal static class Units
{
    // Largest first, so that the next entry is the next smaller unit. Sizes in the last entry's unit.
    private static readonly (string Name, double Size)[] Memory =
    [
        ("TB", 1024.0 * 1024 * 1024 * 1024), ("GB", 1024.0 * 1024 * 1024), ("MB", 1024.0 * 1024), ("kB", 1024), ("B", 1),
    ];

    private static readonly (string Name, double Size)[] Time =
    [
        ("d", 86_400e6), ("h", 3_600e6), ("min", 60e6), ("s", 1e6), ("ms", 1e3), ("us", 1),
    ];

    /// <summary>
    /// <paramref name="value"/> in <paramref name="baseUnit"/>; null when the units are unknown or of different
    /// kinds.
    /// </summary>
    public static double? Convert(double value, string unit, string baseUnit)
    {
        var nameAt = baseUnit.AsSpan().IndexOfAnyExceptInRange('0', '9');
        var name = nameAt < 0 ? "" : baseUnit[nameAt..];
        var multiple = nameAt > 0 ? double.Parse(baseUnit.AsSpan(0, nameAt), CultureInfo.InvariantCulture) : 1;
        return Convert(Memory, value, unit, name, multiple) ?? Convert(Time, value, unit, name, multiple);
    }

    private static double? Convert((string Name, double Size)[] table, double value, string unit, string baseName, double multiple)
    {
        var from = Array.FindIndex(table, entry => entry.Name == unit);
        var to = Array.FindIndex(table, entry => entry.Name == baseName);
        if (from < 0 || to < 0)
        {
            return null;
        }

        var basePerUnit = table[from].Size / (table[to].Size * multiple);
        if (from == table.Length - 1)
        {
            return value * basePerUnit;
        }

        var smallerPerUnit = table[from].Size / table[from + 1].Size;
        var smallerPerBase = table[to].Size * multiple / table[from + 1].Size;
        return Math.Round(value * smallerPerUnit, MidpointRounding.ToEven) / smallerPerBase;
    }
}
