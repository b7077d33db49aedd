using System.Globalization;
using System.Text;

namespace HaAgent.Logging;

/// <summary>
/// A compiled <c>log.format</c>: literal text and record attributes such as <c>%(asctime)s</c> or
/// <c>%(levelname)-8s</c>.
/// </summary>
internal sealed class RecordFormat
{
    private readonly List<Func<LogRecord, string>> _parts = [];
    private readonly LogOptions _options;

    private RecordFormat(LogOptions options) => _options = options;

    /// <summary>Never fails: a format that cannot be read is replaced by the default one.</summary>
    /// <param name="warning">What was wrong with it; null when nothing was.</param>
    public static RecordFormat Compile(LogOptions options, out string? warning)
    {
        var format = new RecordFormat(options);
        if (format.TryParse(options.Format))
        {
            warning = null;
            return format;
        }

        warning = $"log.format = '{options.Format}' cannot be read: the default format is used";
        format._parts.Clear();
        format.TryParse(LogOptions.DefaultFormat);
        return format;
    }

    /// <summary>The record as it is written, without the final line break.</summary>
    public string Render(LogRecord record)
    {
        var text = new StringBuilder();
        foreach (var part in _parts)
        {
            text.Append(part(record));
        }

        if (record.Exception is null)
        {
            return text.ToString();
        }

        return _options.TracebackOnError || _options.Level <= LogLevel.Debug
            ? text.Append('\n').Append(record.Exception).ToString()
            : text.Append(CultureInfo.InvariantCulture, $", DETAIL: '{record.Exception.Message}'").ToString();
    }

    private bool TryParse(string format)
    {
        var at = 0;
        while (at < format.Length)
        {
            var percent = format.IndexOf('%', at);
            var literal = format[at..(percent < 0 ? format.Length : percent)];
            _parts.Add(_ => literal);
            if (percent < 0)
            {
                return true;
            }

            if (format.AsSpan(percent).StartsWith("%%"))
            {
                _parts.Add(_ => "%");
                at = percent + 2;
                continue;
            }

            var close = format.IndexOf(')', percent);
            if (close < 0 || format[percent + 1] != '(' || Attribute(format[(percent + 2)..close]) is not { } attribute)
            {
                return false;
            }

            var end = close + 1;
            while (end < format.Length && (char.IsAsciiDigit(format[end]) || format[end] is '-' or '+' or ' ' or '.'))
            {
                end++;
            }

            if (end >= format.Length || format[end] is not ('s' or 'd' or 'f'))
            {
                return false;
            }

            var width = format[(close + 1)..end];
            _parts.Add(record => Pad(attribute(record), width));
            at = end + 1;
        }

        return true;
    }

    private Func<LogRecord, string>? Attribute(string name) => name switch
    {
        "asctime" => record => LogTime.Render(record.At, _options.DateFormat),
        "created" => record => (record.At.ToUnixTimeMilliseconds() / 1000.0).ToString("F3", CultureInfo.InvariantCulture),
        "levelname" => record => LevelName(record.Level),
        "levelno" => record => LevelNumber(record.Level).ToString(CultureInfo.InvariantCulture),
        "message" => record => record.Message,
        "msecs" => record => record.At.Millisecond.ToString(CultureInfo.InvariantCulture),
        "name" or "module" or "filename" or "pathname" or "funcName" => record => record.Category,
        "lineno" => _ => "0",
        "process" => _ => Environment.ProcessId.ToString(CultureInfo.InvariantCulture),
        "processName" => _ => "haagent",
        "relativeCreated" => record =>
            (record.At - Started).TotalMilliseconds.ToString("F0", CultureInfo.InvariantCulture),
        "thread" => record => record.ThreadId.ToString(CultureInfo.InvariantCulture),
        "threadName" => record => record.ThreadName,
        _ => null,
    };

    private static readonly DateTimeOffset Started = TimeProvider.System.GetUtcNow();

    private static string LevelName(LogLevel level) => level switch
    {
        LogLevel.Critical => "CRITICAL",
        LogLevel.Error => "ERROR",
        LogLevel.Warning => "WARNING",
        LogLevel.Information => "INFO",
        _ => "DEBUG",
    };

    private static int LevelNumber(LogLevel level) => level switch
    {
        LogLevel.Critical => 50,
        LogLevel.Error => 40,
        LogLevel.Warning => 30,
        LogLevel.Information => 20,
        _ => 10,
    };

    /// <summary>A printf width: <c>-8</c> pads on the right, <c>03</c> with zeros, <c>8</c> on the left.</summary>
    private static string Pad(string text, string width)
    {
        var whole = width.Split('.')[0];
        var isLeft = whole.StartsWith('-');
        var digits = whole.TrimStart('-', '+', ' ');
        return !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var columns) ? text
            : isLeft ? text.PadRight(columns)
            : text.PadLeft(columns, digits.StartsWith('0') ? '0' : ' ');
    }
}
