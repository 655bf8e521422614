using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace PushNode.Tests.Storage;

/// <summary>Keeps what was logged.</summary>
internal sealed class LogRecorder : ILoggerProvider
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> lines = new();

    public IReadOnlyList<string> At(LogLevel level) => [.. lines.Where(l => l.Level == level).Select(static l => l.Text)];

    public ILogger<T> CreateLogger<T>()
    {
        ILoggerFactory factory = LoggerFactory.Create(builder => builder.AddProvider(this));
        return factory.CreateLogger<T>();
    }

    public ILogger CreateLogger(string categoryName) => new Recorder(lines);

    public void Clear() => lines.Clear();

    public void Dispose()
    {
        // Nothing is held.
    }

    private sealed class Recorder(ConcurrentQueue<(LogLevel Level, string Text)> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue((logLevel, formatter(state, exception)));
    }
}
