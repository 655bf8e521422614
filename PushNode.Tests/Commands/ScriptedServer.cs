using System.Collections.Concurrent;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace PushNode.Tests.Commands;

/// <summary>A server that plays one script per connection; after the last it stays silent.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly ConcurrentQueue<Func<HttpContext, Task>> scripts;
    private readonly WebApplication app;

    private ScriptedServer(IEnumerable<Func<HttpContext, Task>> scripts)
    {
        this.scripts = new ConcurrentQueue<Func<HttpContext, Task>>(scripts);
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        app = builder.Build();
        app.UseWebSockets();
        app.Run(PlayAsync);
    }

    public Uri Address => new(app.Urls.First());

    /// <summary>What was asked for, query included, in order.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    /// <summary>The header <c>Authorization</c> of each request.</summary>
    public ConcurrentQueue<string> Authorizations { get; } = [];

    /// <summary>Every frame and body that came, in order.</summary>
    public ConcurrentQueue<string> Received { get; } = [];

    /// <summary>The close codes that clients sent.</summary>
    public ConcurrentQueue<int> Closes { get; } = [];

    public static async Task<ScriptedServer> StartAsync(params Func<HttpContext, Task>[] scripts)
    {
        var server = new ScriptedServer(scripts);
        await server.app.StartAsync();
        return server;
    }

    /// <summary>Accepts, sends the frames, then does what <paramref name="ending"/> says (nothing: listens until the client closes).</summary>
    public Func<HttpContext, Task> Frames(string[] frames, Func<WebSocket, Task>? ending = null) => async context =>
    {
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync("pushnode.v1");
        foreach (string frame in frames)
            await socket.SendAsync(Encoding.UTF8.GetBytes(frame), WebSocketMessageType.Text, endOfMessage: true, context.RequestAborted);
        if (ending is not null)
            await ending(socket);
        else
            await ListenAsync(socket, context.RequestAborted);
    };

    public void Enqueue(Func<HttpContext, Task> script) => scripts.Enqueue(script);

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await app.StopAsync(now.Token);
        await app.DisposeAsync();
    }

    private async Task PlayAsync(HttpContext context)
    {
        Requests.Enqueue($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}");
        Authorizations.Enqueue(context.Request.Headers.Authorization.ToString());
        if (HttpMethods.IsPost(context.Request.Method))
            Received.Enqueue(await new StreamReader(context.Request.Body).ReadToEndAsync(context.RequestAborted));
        if (scripts.TryDequeue(out Func<HttpContext, Task>? script))
            await script(context);
        else
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
    }

    private async Task ListenAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[4096];
        try
        {
            while (true)
            {
                WebSocketReceiveResult result = await socket.ReceiveAsync(buffer, cancellationToken);
                if (result.MessageType == WebSocketMessageType.Close)
                {
                    Closes.Enqueue((int)result.CloseStatus!);
                    await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken);
                    return;
                }

                Received.Enqueue(Encoding.UTF8.GetString(buffer, 0, result.Count));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            // The client has gone, or the test has ended.
        }
    }
}
