// SignalR with its defaults; the user id comes from the query string.
using System.Runtime;
using System.Text.Json;
using Microsoft.AspNetCore.SignalR;
using SignalRPeer;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Logging.ClearProviders();
builder.Services.AddSignalR();
builder.Services.AddSingleton<IUserIdProvider, QueryUser>();
WebApplication app = builder.Build();
Console.WriteLine($"server gc {GCSettings.IsServerGC}");
app.MapHub<PushHub>("/hub");
app.MapPost("/send", (HttpContext context, IHubContext<PushHub> hub) => SendAsync(context, hub.Clients.User(UserOf(context))));
app.MapPost("/sendgroup", (HttpContext context, IHubContext<PushHub> hub) => SendAsync(context, hub.Clients.Group(UserOf(context))));
app.MapPost("/broadcast", (HttpContext context, IHubContext<PushHub> hub) => SendAsync(context, hub.Clients.All));
app.MapGet("/gc", () =>
{
    GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
    GC.Collect(2, GCCollectionMode.Aggressive, true, true);
    return $"managed heap {GC.GetTotalMemory(false)} bytes";
});
app.Run();

static string UserOf(HttpContext context) => context.Request.Query["user"].ToString();

static async Task SendAsync(HttpContext context, IClientProxy clients)
{
    JsonElement message = await JsonSerializer.DeserializeAsync<JsonElement>(context.Request.Body);
    await clients.SendAsync("m", message);
    context.Response.StatusCode = 202;
}
