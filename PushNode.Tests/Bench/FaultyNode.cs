using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using PushNode.Tests.Commands;

namespace PushNode.Tests.Bench;

/// <summary>A node of one connection that answers every message 202 and delivers as a script says: by the number of the message, what is sent at its time.</summary>
internal sealed class FaultyNode : IAsyncDisposable
{
    private readonly Func<int, int[]> deliver;
    private readonly Channel<string> frames = Channel.CreateUnbounded<string>();
    private readonly List<string> data = [];
    private readonly ScriptedServer server;

    private FaultyNode(ScriptedServer server, Func<int, int[]> deliver)
    {
        this.server = server;
        this.deliver = deliver;
    }

    public Uri Address => server.Address;

    /// <summary>Frames that the client has sent.</summary>
    public ConcurrentQueue<string> Received { get; } = [];

    /// <param name="deliver">The numbers of the messages that are delivered when this one is accepted, from 1.</param>
    public static async Task<FaultyNode> StartAsync(Func<int, int[]> deliver)
    {
        var node = new FaultyNode(await ScriptedServer.StartAsync(), deliver);
        node.server.Enqueue(node.PushAsync);
        for (int i = 0; i < 5000; i++)
            node.server.Enqueue(node.CollectAsync);
        return node;
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    private async Task PushAsync(HttpContext context)
    {
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        await SendAsync(socket, """{"type":"welcome","user":"bench-run-0","head":0}""", context);
        await SendAsync(socket, """{"type":"live","channel":"user:bench-run-0","seq":0}""", context);
        Task reading = ReadAsync(socket, context.RequestAborted);
        try
        {
            await foreach (string frame in frames.Reader.ReadAllAsync(context.RequestAborted))
                await SendAsync(socket, frame, context);
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            // The client has gone.
        }

        await reading;
    }

    // The producers of one run send one message after the other, so the scripts run one at a time.
    private async Task CollectAsync(HttpContext context)
    {
        lock (data)
        {
            data.Add(JsonNode.Parse(server.Received.Last())!["data"]!.ToJsonString());
            foreach (int number in deliver(data.Count))
                frames.Writer.TryWrite($$"""{"type":"message","id":"x","channel":"user:bench-run-0","seq":{{number}},"time":"","data":{{data[number - 1]}}}""");
        }

        context.Response.StatusCode = 202;
        await context.Response.WriteAsync($$"""{"id":"x","seq":{{data.Count}}}""");
    }

    private static Task SendAsync(WebSocket socket, string frame, HttpContext context) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(frame), WebSocketMessageType.Text, endOfMessage: true, context.RequestAborted);

    private async Task ReadAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[1024];
        try
        {
            while (await socket.ReceiveAsync(buffer, cancellationToken) is { MessageType: WebSocketMessageType.Text } result)
                Received.Enqueue(Encoding.UTF8.GetString(buffer, 0, result.Count));
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            // The client has gone.
        }
    }
}
