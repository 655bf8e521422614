using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace PushNode.Tests.Auth;

/// <summary>Keeps what is logged, at every level.</summary>
internal sealed class RecordingLog<T> : ILogger<T>, ILoggerProvider
{
    private readonly ConcurrentQueue<string> lines = new();

    public IReadOnlyCollection<string> Lines => lines;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        lines.Enqueue($"{logLevel}: {formatter(state, exception)} {exception}");

    public ILogger CreateLogger(string categoryName) => this;

    public void Dispose()
    {
    }
}
