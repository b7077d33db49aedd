using System.Globalization;

namespace HaAgent.Core.Settings;

/// <summary>
/// The lexical side of numbers: where a number ends and its unit begins, and in which base it is written.
/// </summary>
internal static class NumberText
{
    /// <summary>The number and the unit after it; null when there is no number.</summary>
    public static (string Number, string Unit)? Split(string? text)
    {
        text = text?.Trim();
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        var end = IsHexadecimal(text) ? HexadecimalEnd(text) : DecimalEnd(text);
        var unit = text[end..].TrimStart();
        return end == 0 || !unit.All(char.IsAsciiLetter) ? null : (text[..end], unit);
    }

    public static long? Whole(string number)
    {
        var digits = number.AsSpan(SignLength(number));
        long value;
        if (IsHexadecimal(number))
        {
            if (!long.TryParse(digits[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value) || value < 0)
            {
                return null;
            }
        }
        else if (digits.Length > 1 && digits[0] == '0')
        {
            if (Octal(digits) is not { } octal)
            {
                return null;
            }

            value = octal;
        }
        else if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value))
        {
            return null;
        }

        return number[0] == '-' ? -value : value;
    }

    /// <summary>
    /// A number with a fraction or an exponent, or a whole one too large for 64 bits. A leading zero alone is octal
    /// and does not come here.
    /// </summary>
    public static double? Fraction(string number)
    {
        var looksWhole = number.AsSpan(SignLength(number)).IndexOfAnyExceptInRange('0', '9') < 0;
        var octalLike = looksWhole && number.Length > SignLength(number) + 1 && number[SignLength(number)] == '0';
        return !octalLike && !IsHexadecimal(number)
            && double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
            ? value
            : null;
    }

    private static long? Octal(ReadOnlySpan<char> digits)
    {
        long value = 0;
        foreach (var digit in digits)
        {
            if (digit is < '0' or > '7' || value > long.MaxValue >> 3)
            {
                return null;
            }

            value = (value << 3) | (long)(digit - '0');
        }

        return value;
    }

    private static int SignLength(string number) => number[0] is '+' or '-' ? 1 : 0;

    private static bool IsHexadecimal(string text)
    {
        var digits = text.AsSpan(SignLength(text));
        return digits.Length > 2 && digits[0] == '0' && digits[1] is 'x' or 'X' && char.IsAsciiHexDigit(digits[2]);
    }

    private static int HexadecimalEnd(string text)
    {
        var end = SignLength(text) + 2;
        while (end < text.Length && char.IsAsciiHexDigit(text[end]))
        {
            end++;
        }

        return end;
    }

    private static int DecimalEnd(string text)
    {
        var end = SkipDigits(text, SignLength(text));
        if (end < text.Length && text[end] == '.')
        {
            end = SkipDigits(text, end + 1);
        }

        // An exponent is part of the number ("1e3"), but only with digits: "1e" is a number and an unknown unit.
        if (end > 0 && end < text.Length && text[end] is 'e' or 'E')
        {
            var digits = end + 1 < text.Length && text[end + 1] is '+' or '-' ? end + 2 : end + 1;
            var exponentEnd = SkipDigits(text, digits);
            end = exponentEnd > digits ? exponentEnd : end;
        }

        return text.AsSpan(0, end).IndexOfAnyInRange('0', '9') < 0 ? 0 : end;
    }

    private static int SkipDigits(string text, int from)
    {
        while (from < text.Length && char.IsAsciiDigit(text[from]))
        {
            from++;
        }

        return from;
    }
}
