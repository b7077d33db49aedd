using HaAgent.Simulation.Kernel;
using Microsoft.Extensions.Logging;

namespace HaAgent.Simulation.Agents;

/// <summary>The product's log lines, into the run's journal. Sentences are made only when somebody reads them.</summary>
internal sealed class SimLoggers(Journal journal, string node) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => new Lines(journal, node);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("the journal is the only sink");

    public void Dispose()
    {
    }

    private sealed class Lines(Journal journal, string node) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                journal.Event(node, eventId.Id, () => exception is null ? formatter(state, exception) : $"{formatter(state, exception)}: {exception}");
            }
        }
    }
}
