namespace HaAgent.Logging;

/// <summary>Thins the lines that each cycle writes, as the peer does. Used by the writer's thread alone.</summary>
/// <remarks>
/// The line that names the lock's owner only introduces the next one, and is left out when that says there was
/// nothing to do. With deduplication, a cycle line is left out when it equals the previous one.
/// </remarks>
internal sealed class HeartbeatFilter
{
    private LogRecord? _held;
    private string? _lastHeartbeat;

    /// <summary>
    /// What to write, now that <paramref name="record"/> has come: nothing, it, or it and one held back before.
    /// </summary>
    public IEnumerable<LogRecord> Pass(LogRecord record, LogOptions options)
    {
        if (_held is { } held && held.ThreadId == record.ThreadId)
        {
            _held = null;
            if (!SaysNothingWasDone(record.Message))
            {
                yield return held;
            }
        }

        if (options.Level >= LogLevel.Information && record.Level == LogLevel.Information
            && record.Message.StartsWith("Lock owner: ", StringComparison.Ordinal))
        {
            _held = record;
            yield break;
        }

        if (record.Category == LoggerNames.Heartbeat)
        {
            if (options.DeduplicateHeartbeat && record.Message == _lastHeartbeat)
            {
                yield break;
            }

            _lastHeartbeat = record.Message;
        }

        yield return record;
    }

    private static bool SaysNothingWasDone(string message) =>
        message.StartsWith("no action. ", StringComparison.Ordinal)
        || message.StartsWith("PAUSE: no action", StringComparison.Ordinal);
}
