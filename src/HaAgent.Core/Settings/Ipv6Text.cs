namespace HaAgent.Core.Settings;

/// <summary>Whether a text is written like an IPv6 address. Only the form: the core has no network.</summary>
internal static class Ipv6Text
{
    public static bool Is(string text)
    {
        var zone = text.IndexOf('%', StringComparison.Ordinal);
        var address = zone < 0 ? text : text[..zone];
        var gap = address.IndexOf("::", StringComparison.Ordinal);
        if (gap < 0)
        {
            return Groups(address) == 8;
        }

        var head = Groups(address[..gap]);
        var tail = Groups(address[(gap + 2)..]);
        return head is not null && tail is not null && head + tail <= 7;
    }

    /// <summary>
    /// The number of 16-bit groups; a dotted IPv4 tail counts for two; null when a group is malformed.
    /// </summary>
    private static int? Groups(string text)
    {
        if (text.Length == 0)
        {
            return 0;
        }

        var groups = text.Split(':');
        var dotted = groups[^1].Contains('.', StringComparison.Ordinal);
        var hexadecimal = dotted ? groups[..^1] : groups;
        var wellFormed = hexadecimal.All(group => group.Length is >= 1 and <= 4 && group.All(char.IsAsciiHexDigit))
            && (!dotted || IsDotted(groups[^1]));
        return wellFormed ? hexadecimal.Length + (dotted ? 2 : 0) : null;
    }

    private static bool IsDotted(string text) =>
        text.Split('.') is { Length: 4 } parts && parts.All(part => byte.TryParse(part, out _));
}
