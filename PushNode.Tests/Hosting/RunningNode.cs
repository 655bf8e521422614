using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using PushNode.Tests.Support;

namespace PushNode.Tests.Hosting;

/// <summary>A node in this process, on a free port and in a folder of its own.</summary>
internal sealed class RunningNode : IAsyncDisposable
{
    private readonly TemporaryFolder folder;
    private readonly WebApplication app;

    private RunningNode(TemporaryFolder folder, string[] settings, Action<IServiceCollection>? overrides, Action<WebApplication>? map)
    {
        this.folder = folder;
        var values = new Dictionary<string, string?> { ["Urls"] = "http://127.0.0.1:0", ["Data"] = folder.File("data"), ["Logging:LogLevel:Default"] = "None" };
        foreach (string setting in settings)
            values[setting.Split('=', 2)[0]] = setting.Split('=', 2)[1];
        app = PushNodeApp.Build(new ConfigurationBuilder().AddInMemoryCollection(values).Build(), overrides);
        map?.Invoke(app);
    }

    public HttpClient Http { get; } = new();

    public WebApplication App => app;

    public string Origin => app.Urls.First();

    public string Data => folder.File("data");

    /// <param name="settings">Each as <c>Key=value</c>.</param>
    /// <param name="overrides">Services over those of the modules.</param>
    /// <param name="map">Endpoints besides those of the modules.</param>
    public static async Task<RunningNode> StartAsync(string[]? settings = null, Action<IServiceCollection>? overrides = null, Action<WebApplication>? map = null)
    {
        var folder = new TemporaryFolder();
        try
        {
            var node = new RunningNode(folder, settings ?? [], overrides, map);
            await node.app.StartAsync();
            node.Http.BaseAddress = new Uri(node.Origin);
            return node;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
        folder.Dispose();
    }
}
