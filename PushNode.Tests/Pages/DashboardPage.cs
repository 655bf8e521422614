using System.Text.Json;
using PushNode.Tests.Support;

namespace PushNode.Tests.Pages;

/// <summary>A dashboard that somebody looks at.</summary>
internal sealed class DashboardPage : IAsyncDisposable
{
    private const string Watching = """
        window.faults = [];
        addEventListener('securitypolicyviolation', e => faults.push(`${e.violatedDirective} ${e.blockedURI}`));
        addEventListener('error', e => faults.push(e.message));
        addEventListener('unhandledrejection', e => faults.push(String(e.reason)));
        """;

    private DashboardPage(Browser browser) => Browser = browser;

    public Browser Browser { get; }

    public static async Task<DashboardPage> OpenAsync(Uri address) => new(await Browser.OpenAsync(address, Watching));

    /// <summary>The dashboard of a node.</summary>
    public static Task<DashboardPage> OpenAsync(NodeProcess node) => OpenAsync(new Uri(node.Address, "dashboard"));

    public static string Row(string address) => $"[...document.querySelectorAll('#nodes-table > tbody')].find(row => row.querySelector('.address').textContent === '{address}')";

    public Task WaitForAsync(string condition) => Browser.WaitForAsync(condition);

    public Task WaitForTextAsync(string id, string part) =>
        Browser.WaitForAsync($"document.getElementById('{id}').offsetParent !== null && document.getElementById('{id}').textContent.includes({JsonSerializer.Serialize(part)})");

    public Task WaitUntilLiveAsync() => WaitForTextAsync("link", "live");

    public Task RunAsync(string script) => Browser.EvaluateAsync(script);

    public async Task<string> TextAsync(string id) => (await Browser.EvaluateAsync($"document.getElementById('{id}').textContent")).GetString()!;

    public async Task<int> CountAsync(string selector) => (await Browser.EvaluateAsync($"document.querySelectorAll({JsonSerializer.Serialize(selector)}).length")).GetInt32();

    /// <summary>Fills a form in and sends it.</summary>
    public Task SubmitAsync(string form, params (string Field, string Value)[] values)
    {
        IEnumerable<string> fields = values.Select(v => $"document.getElementById('{v.Field}').value = {JsonSerializer.Serialize(v.Value)};");
        return RunAsync($"{string.Concat(fields)} document.getElementById('{form}').requestSubmit();");
    }

    /// <summary>What scripts failed with, and what the content security policy kept out.</summary>
    public async Task<string> FaultsAsync() => (await Browser.EvaluateAsync("faults.join('\\n')")).GetString()!;

    public ValueTask DisposeAsync() => Browser.DisposeAsync();
}
