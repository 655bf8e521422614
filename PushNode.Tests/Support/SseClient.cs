using System.Collections.Concurrent;
using System.Text.Json;

namespace PushNode.Tests.Support;

/// <summary>An event as a browser's EventSource would raise it.</summary>
internal sealed record SseEvent(string Name, string? Id, string Data)
{
    public JsonElement Json => JsonDocument.Parse(Data).RootElement;
}

/// <summary>A client of server-sent events that keeps every event it gets.</summary>
internal sealed class SseClient : IAsyncDisposable
{
    private readonly HttpClient http = new() { Timeout = Timeout.InfiniteTimeSpan };
    private readonly ConcurrentQueue<SseEvent> events = [];
    private readonly CancellationTokenSource stopped = new();
    private Task reading = Task.CompletedTask;

    public HttpResponseMessage Response { get; private set; } = null!;

    public IEnumerable<SseEvent> Messages => events.Where(e => e.Name == "message");

    public bool HasEnded => reading.IsCompleted;

    /// <summary>Everything it got so far, in order.</summary>
    public IReadOnlyCollection<SseEvent> Events => events;

    public static async Task<SseClient> ConnectAsync(Uri node, string token, string query = "", string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node, $"push/sse?token={token}&{query}"));
        if (lastEventId is not null)
            request.Headers.Add("Last-Event-ID", lastEventId);
        return await SendAsync(request);
    }

    /// <summary>The stream for whoever runs a node.</summary>
    public static async Task<SseClient> WatchAsync(Uri node, string? adminKey = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node, "admin/stream"));
        if (adminKey is not null)
            request.Headers.Authorization = new("Bearer", adminKey);
        return await SendAsync(request);
    }

    private static async Task<SseClient> SendAsync(HttpRequestMessage request)
    {
        var client = new SseClient();
        client.Response = await client.http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, client.stopped.Token);
        if (client.Response.IsSuccessStatusCode)
            client.reading = client.ReadAsync();
        return client;
    }

    public async Task<SseEvent> WaitForAsync(string name, Func<SseEvent, bool>? where = null)
    {
        SseEvent? found = null;
        await Eventually.BecomesTrueAsync(() => (found = events.FirstOrDefault(e => e.Name == name && where?.Invoke(e) != false)) is not null, $"an event {name}");
        return found!;
    }

    public Task WaitForLiveAsync(string channel) => WaitForAsync("live", e => e.Json.GetProperty("channel").GetString() == channel);

    public Task WaitForMessagesAsync(int count) => Eventually.BecomesTrueAsync(() => Messages.Count() >= count, $"{count} events");

    public async ValueTask DisposeAsync()
    {
        await stopped.CancelAsync();
        await reading;
        Response.Dispose();
        http.Dispose();
        stopped.Dispose();
    }

    private async Task ReadAsync()
    {
        try
        {
            using var lines = new StreamReader(await Response.Content.ReadAsStreamAsync(stopped.Token));
            var data = new List<string>();
            string name = "message";
            string? id = null;
            while (await lines.ReadLineAsync(stopped.Token) is { } line)
            {
                if (line.Length == 0)
                {
                    if (data.Count > 0)
                        events.Enqueue(new SseEvent(name, id, string.Join('\n', data)));
                    (name, id) = ("message", null);
                    data.Clear();
                    continue;
                }

                string[] parts = line.Split(": ", 2);
                if (parts[0] == "data")
                    data.Add(parts[1]);
                else if (parts[0] == "event")
                    name = parts[1];
                else if (parts[0] == "id")
                    id = parts[1];
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or HttpRequestException)
        {
            // The stream was cut, or the test has ended.
        }
    }
}
