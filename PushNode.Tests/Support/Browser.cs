using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace PushNode.Tests.Support;

/// <summary>A headless Chromium with one page, spoken to by the Chrome DevTools Protocol.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private const string Announcement = "DevTools listening on ";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TemporaryFolder profile = new();
    private readonly ClientWebSocket socket = new();
    private readonly Process process;
    private readonly byte[] buffer = new byte[4 * 1024 * 1024];
    private string? session;
    private int lastId;

    private Browser()
    {
        var start = new ProcessStartInfo("chromium") { RedirectStandardError = true };
        foreach (string argument in (string[])
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--remote-debugging-port=0", $"--user-data-dir={profile.Path}", "about:blank",
        ])
        {
            start.ArgumentList.Add(argument);
        }

        process = Process.Start(start)!;
    }

    /// <summary>Opens a page in a browser of its own.</summary>
    public static async Task<Browser> OpenAsync(Uri page)
    {
        var browser = new Browser();
        using var deadline = new CancellationTokenSource(Patience);
        string? line;
        while ((line = await browser.process.StandardError.ReadLineAsync(deadline.Token)) is not null && !line.StartsWith(Announcement, StringComparison.Ordinal))
        {
        }

        Assert.That(line, Is.Not.Null, "chromium ended before it was ready");
        _ = browser.process.StandardError.ReadToEndAsync(CancellationToken.None);
        await browser.socket.ConnectAsync(new Uri(line![Announcement.Length..]), deadline.Token);
        JsonElement target = await browser.CallAsync("Target.createTarget", new { url = page.ToString() });
        JsonElement attached = await browser.CallAsync("Target.attachToTarget", new { targetId = target.GetProperty("targetId").GetString(), flatten = true });
        browser.session = attached.GetProperty("sessionId").GetString();
        // A new target is an empty page at first, which is complete too.
        await browser.WaitForAsync($"location.href.startsWith('{page}') && document.readyState === 'complete'");
        return browser;
    }

    /// <summary>The value of an expression in the page.</summary>
    public async Task<JsonElement> EvaluateAsync(string expression)
    {
        JsonElement answer = await CallAsync("Runtime.evaluate", new { expression, returnByValue = true, awaitPromise = true });
        Assert.That(answer.TryGetProperty("exceptionDetails", out JsonElement fault), Is.False, fault.ToString());
        return answer.GetProperty("result").TryGetProperty("value", out JsonElement value) ? value : default;
    }

    /// <summary>Waits until an expression in the page is true.</summary>
    public Task WaitForAsync(string condition) =>
        Eventually.BecomesTrueAsync(async () => (await EvaluateAsync($"!!({condition})")).GetBoolean(), condition, Patience);

    public async ValueTask DisposeAsync()
    {
        socket.Dispose();
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
        profile.Dispose();
    }

    private async Task<JsonElement> CallAsync(string method, object parameters)
    {
        using var deadline = new CancellationTokenSource(Patience);
        int id = ++lastId;
        string call = JsonSerializer.Serialize(new { id, method, @params = parameters, sessionId = session });
        if (session is null)
            call = call.Replace(",\"sessionId\":null", "", StringComparison.Ordinal);
        await socket.SendAsync(Encoding.UTF8.GetBytes(call), WebSocketMessageType.Text, endOfMessage: true, deadline.Token);
        while (true)
        {
            JsonElement answer = await ReceiveAsync(deadline.Token);
            if (!answer.TryGetProperty("id", out JsonElement answered) || answered.GetInt32() != id)
                continue;
            Assert.That(answer.TryGetProperty("error", out JsonElement error), Is.False, $"{method}: {error}");
            return answer.GetProperty("result");
        }
    }

    private async Task<JsonElement> ReceiveAsync(CancellationToken cancellationToken)
    {
        int length = 0;
        ValueWebSocketReceiveResult result;
        do
        {
            result = await socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken);
            length += result.Count;
        }
        while (!result.EndOfMessage);
        using JsonDocument document = JsonDocument.Parse(buffer.AsMemory(0, length));
        return document.RootElement.Clone();
    }
}
