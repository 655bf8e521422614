// The plain thing: Kestrel, UseWebSockets, a dictionary of sockets.
using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Runtime;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Logging.ClearProviders();
WebApplication app = builder.Build();
app.UseWebSockets();
var users = new ConcurrentDictionary<string, WebSocket>();
Console.WriteLine($"server gc {GCSettings.IsServerGC}");

app.Map("/ws", async (HttpContext context) =>
{
    if (!context.WebSockets.IsWebSocketRequest)
    {
        context.Response.StatusCode = 400;
        return;
    }

    string user = context.Request.Query["user"].ToString();
    using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
    users[user] = socket;
    var buffer = new byte[4096];
    try
    {
        while (socket.State == WebSocketState.Open)
        {
            WebSocketReceiveResult received = await socket.ReceiveAsync(buffer, context.RequestAborted);
            if (received.MessageType == WebSocketMessageType.Close)
                break;
        }
    }
    catch (Exception e) when (e is WebSocketException or OperationCanceledException)
    {
        // The client is gone.
    }
    finally
    {
        users.TryRemove(new(user, socket));
    }
});

app.MapPost("/send", async (HttpContext context) =>
{
    byte[] body = await ReadAsync(context.Request);
    if (!users.TryGetValue(context.Request.Query["user"].ToString(), out WebSocket? socket))
    {
        context.Response.StatusCode = 404;
        return;
    }

    await SendAsync(socket, body);
    context.Response.StatusCode = 202;
});

app.MapPost("/broadcast", async (HttpContext context) =>
{
    byte[] body = await ReadAsync(context.Request);
    await Task.WhenAll(users.Values.Select(socket => SendAsync(socket, body)));
    context.Response.StatusCode = 202;
});

app.MapGet("/gc", () =>
{
    GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
    GC.Collect(2, GCCollectionMode.Aggressive, true, true);
    return $"{users.Count} users, managed heap {GC.GetTotalMemory(false)} bytes";
});
app.Run();

static async Task<byte[]> ReadAsync(HttpRequest request)
{
    using var body = new MemoryStream();
    await request.Body.CopyToAsync(body);
    return body.ToArray();
}

static async Task SendAsync(WebSocket socket, byte[] data)
{
    try
    {
        await socket.SendAsync(data, WebSocketMessageType.Text, true, CancellationToken.None);
    }
    catch (Exception e) when (e is WebSocketException or ObjectDisposedException or InvalidOperationException)
    {
        // The client is gone.
    }
}
