namespace HaAgent.Logging;

/// <summary>One record, complete: it is written later and by another thread.</summary>
internal sealed record LogRecord(
    DateTimeOffset At, LogLevel Level, string Category, string Message, Exception? Exception, int ThreadId, string ThreadName);
