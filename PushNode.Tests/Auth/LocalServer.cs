using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace PushNode.Tests.Auth;

/// <summary>A real web server on a free port that answers as the test says: somebody else's key server or business system.</summary>
internal sealed class LocalServer : IAsyncDisposable
{
    private readonly WebApplication app;
    private int requests;

    private LocalServer(WebApplication app) => this.app = app;

    public string Url => app.Urls.Single();

    public int Requests => Volatile.Read(ref requests);

    /// <summary>What it answers now; may be changed while it runs.</summary>
    public RequestDelegate Answer { get; set; } = static _ => Task.CompletedTask;

    public static async Task<LocalServer> StartAsync(RequestDelegate answer)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new LocalServer(builder.Build()) { Answer = answer };
        server.app.Run(context =>
        {
            Interlocked.Increment(ref server.requests);
            return server.Answer(context);
        });
        await server.app.StartAsync();
        return server;
    }

    public static RequestDelegate Text(string body, int status = 200) => context =>
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(body);
    };

    /// <summary>Answers when the caller has gone: never, for the one who waits.</summary>
    public static async Task NeverAsync(HttpContext context) =>
        await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    public async ValueTask DisposeAsync()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await app.StopAsync(deadline.Token);
        await app.DisposeAsync();
    }
}
