namespace HaAgent.Core.Model;

/// <summary>The name of a member: its <c>name</c> setting, its key in the store, its <c>application_name</c>.</summary>
/// <remarks>Compared case-sensitively everywhere but under <c>/sync</c>. Empty means "nobody".</remarks>
public readonly record struct NodeName(string Value)
{
    public static readonly NodeName Nobody = new("");

    public bool IsNobody => string.IsNullOrEmpty(Value);

    public override string ToString() => Value ?? "";

    /// <summary>The physical replication slot that a member of this name uses.</summary>
    /// <remarks>
    /// Lower case; <c>-</c> and <c>.</c> become <c>_</c>; any other character outside <c>[a-z0-9_]</c> becomes <c>u</c> and its
    /// code point in decimal, at least four digits; at most 63 characters.
    /// </remarks>
    public string SlotName()
    {
        var slot = new System.Text.StringBuilder();
        foreach (var rune in Value.EnumerateRunes())
        {
            var lower = System.Text.Rune.ToLowerInvariant(rune);
            if (lower.Value is '-' or '.')
            {
                slot.Append('_');
            }
            else if (lower.Value is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '_')
            {
                slot.Append((char)lower.Value);
            }
            else
            {
                slot.Append(System.Globalization.CultureInfo.InvariantCulture, $"u{lower.Value:D4}");
            }
        }

        return slot.Length > 63 ? slot.ToString(0, 63) : slot.ToString();
    }
}
