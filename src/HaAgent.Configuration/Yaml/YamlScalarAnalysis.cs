using System.Text;

namespace HaAgent.Configuration.Yaml;

/// <summary>In which styles a text can be written so that it reads back as it is.</summary>
/// <remarks>The rules of libyaml's emitter, which every common YAML library shares.</remarks>
internal readonly record struct YamlScalarAnalysis(bool PlainInBlock, bool PlainInFlow, bool SingleQuoted, bool Multiline)
{
    public static YamlScalarAnalysis Of(Rune[] text)
    {
        if (text.Length == 0)
        {
            return new(PlainInBlock: true, PlainInFlow: false, SingleQuoted: true, Multiline: false);
        }

        var (inBlock, inFlow) = Indicators(text);
        var (edges, spaceBreak, breakSpace, lineBreaks, special) = Shape(text);
        var onlyDouble = spaceBreak || special;
        var neverPlain = edges || breakSpace || onlyDouble || lineBreaks;
        return new(
            PlainInBlock: !neverPlain && !inBlock,
            PlainInFlow: !neverPlain && !inFlow,
            SingleQuoted: !breakSpace && !onlyDouble,
            Multiline: lineBreaks);
    }

    public static bool IsBreak(Rune c) => c.Value is '\n' or 0x85 or 0x2028 or 0x2029;

    public static bool IsPrintable(Rune c) => c.Value is (>= ' ' and <= '~') or '\n' or 0x85
        or (>= 0xA0 and <= 0xD7FF) or (>= 0xE000 and <= 0xFFFD and not 0xFEFF) or (>= 0x10000 and < 0x10FFFF);

    /// <summary>Whether characters stand where YAML would take them for syntax.</summary>
    private static (bool InBlock, bool InFlow) Indicators(Rune[] text)
    {
        var marker = text is [{ Value: '-' }, { Value: '-' }, { Value: '-' }, ..]
            or [{ Value: '.' }, { Value: '.' }, { Value: '.' }, ..];
        var (block, flow) = (marker, marker);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i].Value;
            var followed = i + 1 >= text.Length || IsWhite(text[i + 1]);
            if (i == 0 ? IsLeading(c) || (c == '-' && followed) : c == '#' && IsWhite(text[i - 1]))
            {
                (block, flow) = (true, true);
            }

            flow |= c is ':' or '?' || (i > 0 && c is ',' or '[' or ']' or '{' or '}');
            block |= followed && (c == ':' || (c == '?' && i == 0));
        }

        return (block, flow);
    }

    private static (bool Edges, bool SpaceBreak, bool BreakSpace, bool LineBreaks, bool Special) Shape(Rune[] text)
    {
        bool spaceBreak = false, breakSpace = false, lineBreaks = false, special = false;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            lineBreaks |= IsBreak(c);
            special |= !IsPrintable(c);
            spaceBreak |= i > 0 && IsBreak(c) && text[i - 1].Value == ' ';
            breakSpace |= i > 0 && c.Value == ' ' && IsBreak(text[i - 1]);
        }

        var edges = IsSpaceOrBreak(text[0]) || IsSpaceOrBreak(text[^1]);
        return (edges, spaceBreak, breakSpace, lineBreaks, special);
    }

    private static bool IsLeading(int c) => c is '#' or ',' or '[' or ']' or '{' or '}' or '&' or '*' or '!' or '|' or '>'
        or '\'' or '"' or '%' or '@' or '`';

    private static bool IsWhite(Rune c) => c.Value is 0 or ' ' or '\t' or '\r' || IsBreak(c);

    private static bool IsSpaceOrBreak(Rune c) => c.Value == ' ' || IsBreak(c);
}
