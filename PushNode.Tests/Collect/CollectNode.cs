using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PushNode.Cluster;
using PushNode.Collect;
using PushNode.Dispatch;
using PushNode.Storage;

namespace PushNode.Tests.Collect;

/// <summary>The collect module on a real server and a free port; what stands behind it is in memory.</summary>
internal sealed class CollectNode : IAsyncDisposable
{
    private readonly WebApplication app;

    private CollectNode(WebApplication app, RecordingLog log) => (this.app, Log) = (app, log);

    /// <summary>What an operator was told, from warnings up.</summary>
    public RecordingLog Log { get; }

    public MemoryStore Store { get; } = new();

    public RecordingDispatcher Dispatcher { get; } = new();

    public RecordingHeads Heads { get; } = new();

    public HttpClient Http { get; } = new();

    public int Port => new Uri(app.Urls.Single()).Port;

    public IServiceProvider Services => app.Services;

    public static async Task<CollectNode> StartAsync(params (string Key, string Value)[] settings)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(settings.Select(static s => KeyValuePair.Create($"Collect:{s.Key}", (string?)s.Value)));
        var log = new RecordingLog();
        builder.Logging.ClearProviders().AddProvider(log);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        CollectNode? node = null;
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<IMessageStore>(_ => node!.Store);
        builder.Services.AddSingleton<IDispatcher>(_ => node!.Dispatcher);
        builder.Services.AddSingleton<IHeads>(_ => node!.Heads);
        builder.Services.AddSingleton<IRevocationCopy, NoRevocationCopy>();
        builder.Services.AddSingleton<PushNode.Cluster.Revocations>();
        builder.Services.AddCollect(builder.Configuration);
        WebApplication app = builder.Build();
        node = new CollectNode(app, log);
        app.MapCollect();
        await app.StartAsync();
        node.Http.BaseAddress = new Uri(app.Urls.Single());
        return node;
    }

    /// <summary>Posts to /collect; returns the status and the JSON of the answer.</summary>
    public async Task<(int Status, JsonElement Json)> PostAsync(string json, string path = "/collect")
    {
        using var content = new StringContent(json);
        content.Headers.ContentType = null;
        using HttpResponseMessage response = await Http.PostAsync(path, content);
        return ((int)response.StatusCode, JsonElement.Parse(await response.Content.ReadAsStringAsync()));
    }

    /// <summary>Posts lines to /collect/batch; returns the answers.</summary>
    public async Task<JsonElement[]> PostLinesAsync(string lines, string query = "")
    {
        using var content = new StringContent(lines, new MediaTypeHeaderValue("application/x-ndjson"));
        using HttpResponseMessage response = await Http.PostAsync("/collect/batch" + query, content);
        string text = await response.Content.ReadAsStringAsync();
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonElement.Parse(line))];
    }

    public Task StopAsync() => app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        Store.Gate?.TrySetResult();
        Dispatcher.Gate?.TrySetResult();
        Heads.Gate?.TrySetResult();
        await app.DisposeAsync();
    }
}
