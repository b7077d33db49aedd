using System.Globalization;
using System.Text;

namespace HaAgent.Ctl.Output;

/// <summary>A bordered table in plain characters (cli.md 4.1).</summary>
internal static class TableText
{
    public static string Render(Column[] columns, IReadOnlyList<string[]> rows, string title)
    {
        var header = columns.Select(column => column.Title).ToArray();
        var widths = header.Select((text, at) => rows.Select(row => Width(row[at])).Append(Width(text)).Max()).ToArray();
        var rule = "+" + string.Concat(widths.Select(width => new string('-', width + 2) + "+"));
        var separate = rows.Any(row => row.Any(cell => cell.Contains('\n', StringComparison.Ordinal)));

        var table = new StringBuilder();
        Line(table, Titled(rule, title));
        Row(table, columns, widths, header);
        Line(table, rule);
        for (var at = 0; at < rows.Count; at++)
        {
            if (separate && at > 0)
            {
                Line(table, rule);
            }

            Row(table, columns, widths, rows[at]);
        }

        Line(table, rule);
        return table.ToString();
    }

    /// <summary>Columns on a screen: most East Asian characters take two, combining marks none.</summary>
    internal static int DisplayWidth(string text) => text.EnumerateRunes().Sum(rune => rune.Value switch
    {
        _ when Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark
            or UnicodeCategory.Format => 0,
        >= 0x1100 and <= 0x115F or >= 0x2E80 and <= 0x303E or >= 0x3041 and <= 0xA4CF or >= 0xAC00 and <= 0xD7A3
            or >= 0xF900 and <= 0xFAFF or >= 0xFE30 and <= 0xFE6F or >= 0xFF00 and <= 0xFF60 or >= 0xFFE0 and <= 0xFFE6
            or >= 0x1F300 and <= 0x1FAFF or >= 0x20000 and <= 0x3FFFD => 2,
        _ => 1,
    });

    private static int Width(string cell) => cell.Split('\n').Max(DisplayWidth);

    private static string Titled(string rule, string title)
    {
        var shown = title[..Math.Min(title.Length, rule.Length - 2)];
        return "+" + shown + rule[(1 + shown.Length)..];
    }

    private static void Row(StringBuilder table, Column[] columns, int[] widths, string[] cells)
    {
        var lines = cells.Select(cell => cell.Split('\n')).ToArray();
        for (var line = 0; line < lines.Max(cell => cell.Length); line++)
        {
            for (var at = 0; at < columns.Length; at++)
            {
                var text = line < lines[at].Length ? lines[at][line] : "";
                var padding = new string(' ', widths[at] - DisplayWidth(text));
                table.Append("| ").Append(columns[at].AlignRight ? padding + text : text + padding).Append(' ');
            }

            Line(table, "|");
        }
    }

    private static void Line(StringBuilder table, string text) => table.Append(text).Append('\n');
}
