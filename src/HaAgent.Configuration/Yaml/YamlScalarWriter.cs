using System.Globalization;
using System.Text;

namespace HaAgent.Configuration.Yaml;

/// <summary>Writes one scalar in the first style that fits: plain, single-quoted, double-quoted.</summary>
internal static class YamlScalarWriter
{
    /// <param name="emitter">Where to.</param>
    /// <param name="text">The text of the scalar.</param>
    /// <param name="isText">A string: not plain where that would read back as another type.</param>
    /// <param name="isKey">A key on one line: never folded.</param>
    /// <returns>Whether it was plain.</returns>
    public static bool Write(YamlEmitter emitter, string text, bool isText, bool isKey)
    {
        Rune[] runes = [.. text.EnumerateRunes()];
        var analysis = YamlScalarAnalysis.Of(runes);
        var fitsPlain = emitter.InFlow ? analysis.PlainInFlow : analysis.PlainInBlock;
        if (!isText || (YamlScalars.KindOf(text) == YamlScalarKind.Text && fitsPlain && !(isKey && analysis.Multiline)))
        {
            Plain(emitter, runes, fold: !isKey);
            return true;
        }

        if (analysis.SingleQuoted && !(isKey && analysis.Multiline))
        {
            SingleQuoted(emitter, runes, fold: !isKey);
        }
        else
        {
            DoubleQuoted(emitter, runes, fold: !isKey);
        }

        return false;
    }

    public static bool HasLineBreaks(string text) => text.EnumerateRunes().Any(YamlScalarAnalysis.IsBreak);

    private static void Plain(YamlEmitter emitter, Rune[] text, bool fold)
    {
        emitter.Space();
        emitter.InsideScalar();
        for (var start = 0; start < text.Length;)
        {
            var end = RunEnd(text, start, c => c.Value == ' ');
            if (text[start].Value == ' ' && end == start + 1 && fold && emitter.IsPastWidth)
            {
                emitter.StartLine();
                emitter.InsideScalar();
            }
            else
            {
                emitter.Raw(Text(text, start, end));
            }

            start = end;
        }
    }

    private static void SingleQuoted(YamlEmitter emitter, Rune[] text, bool fold)
    {
        emitter.Indicator("'", needsSpace: true);
        for (var start = 0; start < text.Length;)
        {
            if (YamlScalarAnalysis.IsBreak(text[start]))
            {
                var end = RunEnd(text, start, YamlScalarAnalysis.IsBreak);
                Breaks(emitter, text.AsSpan(start, end - start));
                start = end;
            }
            else
            {
                var end = RunEnd(text, start, c => c.Value == ' ', YamlScalarAnalysis.IsBreak);
                var isOneSpace = text[start].Value == ' ' && end == start + 1;
                if (isOneSpace && fold && emitter.IsPastWidth && start != 0 && end != text.Length)
                {
                    emitter.StartLine();
                }
                else
                {
                    emitter.Raw(Text(text, start, end).Replace("'", "''", StringComparison.Ordinal));
                }

                start = end;
            }
        }

        emitter.Indicator("'", needsSpace: false);
    }

    /// <summary>One line break more than there are: a single one would read back as a space.</summary>
    private static void Breaks(YamlEmitter emitter, ReadOnlySpan<Rune> breaks)
    {
        if (breaks[0].Value == '\n')
        {
            emitter.LineBreak();
        }

        foreach (var character in breaks)
        {
            emitter.LineBreak(character);
        }

        emitter.StartLine();
    }

    private static void DoubleQuoted(YamlEmitter emitter, Rune[] text, bool fold)
    {
        emitter.Indicator("\"", needsSpace: true);
        var start = 0;
        for (var end = 0; end <= text.Length; end++)
        {
            if (end == text.Length || Escaped(text[end]) is not null)
            {
                emitter.Raw(Text(text, start, end));
                start = end;
                if (end < text.Length)
                {
                    emitter.Raw(Escaped(text[end])!);
                    start = end + 1;
                }
            }

            var mayFold = end > 0 && end < text.Length - 1 && (text[end].Value == ' ' || start >= end);
            if (mayFold && fold && emitter.Column + (end - start) > emitter.Width)
            {
                emitter.Raw(Text(text, start, end) + "\\");
                start = Math.Max(start, end);
                emitter.StartLine();
                emitter.InsideScalar();
                if (text[start].Value == ' ')
                {
                    emitter.Raw("\\");
                }
            }
        }

        emitter.Indicator("\"", needsSpace: false);
    }

    /// <summary>Null when the character stands for itself.</summary>
    private static string? Escaped(Rune c) => c.Value switch
    {
        '"' => "\\\"",
        '\\' => @"\\",
        0 => @"\0",
        7 => @"\a",
        8 => @"\b",
        '\t' => @"\t",
        '\n' => @"\n",
        0x0B => @"\v",
        0x0C => @"\f",
        '\r' => @"\r",
        0x1B => @"\e",
        0x85 => @"\N",
        0x2028 => @"\L",
        0x2029 => @"\P",
        (>= ' ' and <= '~') or (>= 0xA0 and <= 0xD7FF) or (>= 0xE000 and <= 0xFFFD and not 0xFEFF) => null,
        <= 0xFF => string.Create(CultureInfo.InvariantCulture, $"\\x{c.Value:X2}"),
        <= 0xFFFF => string.Create(CultureInfo.InvariantCulture, $"\\u{c.Value:X4}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"\\U{c.Value:X8}"),
    };

    /// <summary>
    /// The end of the run that begins at <paramref name="start"/>: of one such kind, or of none of them.
    /// </summary>
    private static int RunEnd(Rune[] text, int start, params ReadOnlySpan<Func<Rune, bool>> kinds)
    {
        var kind = KindAt(text[start], kinds);
        var end = start + 1;
        while (end < text.Length && KindAt(text[end], kinds) == kind)
        {
            end++;
        }

        return end;
    }

    private static int KindAt(Rune c, ReadOnlySpan<Func<Rune, bool>> kinds)
    {
        for (var i = 0; i < kinds.Length; i++)
        {
            if (kinds[i](c))
            {
                return i;
            }
        }

        return -1;
    }

    private static string Text(Rune[] text, int start, int end)
    {
        var part = new StringBuilder();
        for (var i = start; i < end; i++)
        {
            part.Append(text[i].ToString());
        }

        return part.ToString();
    }
}
