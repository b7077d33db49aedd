using System.Collections.Concurrent;
using System.Globalization;

namespace HaAgent.Logging;

/// <summary>The log: callers leave a record in a bounded queue and go on; one thread of its own writes.</summary>
/// <remarks>
/// A sink that blocks (a full pipe to the journal, a hung disk) stops that thread and nothing else: the queue fills,
/// further records are dropped and counted, and the count is logged when writing goes on.
/// </remarks>
internal sealed class AgentLog : ILoggerFactory, ILoggerProvider
{
    private readonly BlockingCollection<LogRecord> _queue;
    private readonly ConcurrentDictionary<string, CategoryLogger> _loggers = new();
    private readonly TimeProvider _clock;
    private readonly Thread _writer;
    private readonly HeartbeatFilter _filter = new();
    private readonly ManualResetEventSlim _drained = new();
    private volatile Settings _settings;
    private long _lost;
    private long _lostTold;
    private int _isDisposed;

    /// <param name="sink">Where lines go; null: by the options.</param>
    public AgentLog(LogOptions options, TimeProvider clock, LogSink? sink = null)
    {
        _clock = clock;
        _queue = new(Math.Max(1, options.MaxQueueSize));
        _settings = Settings.From(options, sink ?? SinkFor(options), out var warning);
        _writer = new(WriteAll) { IsBackground = true, Name = "log" };
        _writer.Start();
        Warn(warning);
    }

    /// <summary>Records waiting to be written.</summary>
    public int QueueLength => _queue.Count;

    /// <summary>Records dropped since the start.</summary>
    public long RecordsLost => Interlocked.Read(ref _lost);

    public ILogger CreateLogger(string categoryName) => _loggers.GetOrAdd(categoryName, name => new(this, name));

    public void AddProvider(ILoggerProvider provider) =>
        throw new NotSupportedException("There is one log; give its sink to the constructor.");

    /// <summary>Applies changed settings; the length of the queue stays.</summary>
    public void Apply(LogOptions options)
    {
        var old = _settings;
        var sameSink = (old.Options.Directory, old.Options.FileSize, old.Options.FileNumber, old.Options.Mode)
            == (options.Directory, options.FileSize, options.FileNumber, options.Mode);
        _settings = Settings.From(options, sameSink ? old.Sink : SinkFor(options), out var warning);
        Warn(warning);
    }

    /// <summary>Waits for all that was logged so far to be written.</summary>
    /// <returns>False when the sink did not take it in time: the log is not complete.</returns>
    public bool Close(TimeSpan patience)
    {
        _queue.CompleteAdding();
        return _drained.Wait(patience);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        // The writer may hang in its sink for ever. It is a background thread: leave it everything it may still touch.
        if (Close(TimeSpan.FromSeconds(1)))
        {
            _settings.Sink.Dispose();
            _queue.Dispose();
            _drained.Dispose();
        }
    }

    private static LogSink SinkFor(LogOptions options) =>
        options.Directory is null ? new StreamSink(Console.OpenStandardError()) : new FileSink(options);

    private void Warn(string? warning)
    {
        if (warning is not null)
        {
            Add(LogLevel.Warning, "HaAgent.Logging", warning, null);
        }
    }

    private void Add(LogLevel level, string category, string message, Exception? exception)
    {
        var thread = Thread.CurrentThread;
        var record = new LogRecord(
            _clock.GetUtcNow(), level, category, message, exception, thread.ManagedThreadId, thread.Name ?? "");
        try
        {
            if (!_queue.TryAdd(record))
            {
                Interlocked.Increment(ref _lost);
            }
        }
        catch (Exception e) when (e is InvalidOperationException or ObjectDisposedException)
        {
            // The log was closed; what comes later has no place to go.
            Interlocked.Increment(ref _lost);
        }
    }

    private void WriteAll()
    {
        var sink = _settings.Sink;
        foreach (var record in _queue.GetConsumingEnumerable())
        {
            var settings = _settings;
            if (!ReferenceEquals(sink, settings.Sink))
            {
                sink.Dispose(); // only this thread writes to it, so only here is it known to be done with
                sink = settings.Sink;
            }

            TellLosses(settings);
            foreach (var passed in _filter.Pass(record, settings.Options))
            {
                Write(settings, passed);
            }

            if (_queue.Count == 0)
            {
                Flush(settings);
            }
        }

        Flush(_settings);
        _drained.Set();
    }

    private void TellLosses(Settings settings)
    {
        var lost = RecordsLost;
        if (lost != _lostTold)
        {
            var text = string.Create(
                CultureInfo.InvariantCulture, $"QueueHandler has lost {lost - _lostTold} log records");
            _lostTold = lost;
            Write(settings, new(_clock.GetUtcNow(), LogLevel.Warning, "HaAgent.Logging", text, null, 0, "log"));
        }
    }

    private void Write(Settings settings, LogRecord record)
    {
        try
        {
            settings.Sink.Write(settings.Format.Render(record));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            // A full disk or a closed pipe must not end the agent; the record is lost, and counted.
            Interlocked.Increment(ref _lost);
        }
    }

    private void Flush(Settings settings)
    {
        try
        {
            settings.Sink.Flush();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            Interlocked.Increment(ref _lost);
        }
    }

    private sealed record Settings(
        LogOptions Options, LogSink Sink, RecordFormat Format, Dictionary<string, LogLevel> Levels)
    {
        public static Settings From(LogOptions options, LogSink sink, out string? warning)
        {
            var levels = new Dictionary<string, LogLevel>();
            foreach (var (name, level) in options.Categories)
            {
                // Names that mean nothing here are the peer's inner affairs.
                if (LoggerNames.Category(name) is { } category)
                {
                    levels[category] = level;
                }
            }

            return new(options, sink, RecordFormat.Compile(options, out warning), levels);
        }

        /// <summary>The level of the longest prefix that is configured, else the general one.</summary>
        public LogLevel LevelOf(string category)
        {
            for (var prefix = category; prefix.Length > 0; prefix = prefix[..Math.Max(0, prefix.LastIndexOf('.'))])
            {
                if (Levels.TryGetValue(prefix, out var level))
                {
                    return level;
                }
            }

            // The framework's own lines are for its developers.
            var isOurs = category.StartsWith("HaAgent", StringComparison.Ordinal);
            return isOurs || Options.Level > LogLevel.Warning ? Options.Level : LogLevel.Warning;
        }
    }

    private sealed class CategoryLogger(AgentLog log, string category) : ILogger
    {
        private volatile Known? _known;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel)
        {
            var settings = log._settings;
            var known = _known;
            if (!ReferenceEquals(known?.Of, settings))
            {
                _known = known = new(settings, settings.LevelOf(category));
            }

            return logLevel != LogLevel.None && logLevel >= known!.Level; // set the lines above
        }

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                log.Add(logLevel, category, formatter(state, exception), exception);
            }
        }

        private sealed record Known(Settings Of, LogLevel Level);
    }
}
