using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace PushNode.Tests.Support;

/// <summary>A WebSocket client that keeps every frame it gets.</summary>
internal sealed class TestClient : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ClientWebSocket socket = new();
    private readonly ConcurrentQueue<JsonElement> frames = [];
    private readonly CancellationTokenSource stopped = new();
    private Task reading = Task.CompletedTask;

    /// <summary>All frames so far, in order.</summary>
    public IReadOnlyCollection<JsonElement> Frames => frames;

    /// <summary>The messages so far, in order.</summary>
    public IEnumerable<JsonElement> Messages => frames.Where(f => f.GetProperty("type").GetString() == "message");

    /// <summary>The code the server closed with; null while it has not.</summary>
    public int? CloseCode { get; private set; }

    public string? CloseReason { get; private set; }

    /// <summary>Whether the connection has ended, in whatever way.</summary>
    public bool HasEnded => reading.IsCompleted;

    public static async Task<TestClient> ConnectAsync(Uri node, string token, string query = "", bool subprotocol = true)
    {
        var client = new TestClient();
        if (subprotocol)
            client.socket.Options.AddSubProtocol("pushnode.v1");
        client.socket.Options.KeepAliveInterval = TimeSpan.Zero;
        client.socket.Options.SetRequestHeader("Authorization", $"Bearer {token}");
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await client.socket.ConnectAsync(new Uri($"ws://{node.Authority}/push?{query}"), patience.Token);
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }

        client.reading = client.ReadAsync();
        return client;
    }

    public async Task SendAsync(string json) =>
        await socket.SendAsync(Encoding.UTF8.GetBytes(json), WebSocketMessageType.Text, endOfMessage: true, stopped.Token);

    /// <summary>Waits for the first frame of a type, and of a channel if one is named.</summary>
    public async Task<JsonElement> WaitForAsync(string type, string? channel = null)
    {
        JsonElement? found = null;
        await Eventually.BecomesTrueAsync(
            () =>
            {
                found = frames.Select(f => (JsonElement?)f).FirstOrDefault(f => Is(f!.Value, "type", type) && (channel is null || Is(f!.Value, "channel", channel)));
                return found is not null;
            },
            $"a frame {type} {channel} (closed: {CloseCode} {CloseReason})");
        return found!.Value;
    }

    public Task WaitForMessagesAsync(int count) =>
        Eventually.BecomesTrueAsync(() => Messages.Count() >= count, $"{count} messages (got {Messages.Count()}, closed: {CloseCode} {CloseReason})");

    public Task WaitForEndAsync() => Eventually.BecomesTrueAsync(() => HasEnded, "the end of the connection");

    /// <summary>Closes with the closing handshake.</summary>
    public async Task CloseAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", patience.Token);
        await reading.WaitAsync(patience.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await stopped.CancelAsync();
        socket.Abort();
        await reading;
        socket.Dispose();
        stopped.Dispose();
    }

    private static bool Is(JsonElement frame, string name, string value) => frame.TryGetProperty(name, out JsonElement found) && found.GetString() == value;

    private async Task ReadAsync()
    {
        byte[] buffer = new byte[256 * 1024];
        try
        {
            while (true)
            {
                int length = 0;
                ValueWebSocketReceiveResult result;
                do
                {
                    result = await socket.ReceiveAsync(buffer.AsMemory(length), stopped.Token);
                    length += result.Count;
                    if (length == buffer.Length)
                        Array.Resize(ref buffer, 2 * length);
                }
                while (!result.EndOfMessage);
                if (result.MessageType == WebSocketMessageType.Close)
                    break;
                frames.Enqueue(JsonDocument.Parse(buffer.AsMemory(0, length)).RootElement.Clone());
            }

            if (socket.State == WebSocketState.CloseReceived)
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", stopped.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The other end is gone, or the test has ended.
        }
        finally
        {
            CloseReason = socket.CloseStatusDescription;
            CloseCode = (int?)socket.CloseStatus;
        }
    }
}
