using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;

namespace PushNode.Tests.Support;

/// <summary>
/// One page (a tab) of a headless Chromium, spoken to by the Chrome DevTools Protocol. Further tabs share the browser and its profile, so its cookies and
/// <c>localStorage</c>; the browser ends with the tab it was opened with. Each tab is spoken to over a socket of its own.
/// </summary>
internal sealed class Browser : IAsyncDisposable
{
    private const string Announcement = "DevTools listening on ";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ClientWebSocket socket = new();
    private readonly byte[] buffer = new byte[16 * 1024 * 1024];
    private readonly Uri tools;
    private readonly Process? process;
    private readonly TemporaryFolder? profile;
    private string? session;
    private string? target;
    private int lastId;

    private Browser(Uri tools, Process? process, TemporaryFolder? profile)
    {
        this.tools = tools;
        this.process = process;
        this.profile = profile;
    }

    /// <summary>Opens a page in a browser of its own.</summary>
    /// <param name="page">What it shows.</param>
    /// <param name="before">Code that runs in it before any of its own, also after a <see cref="ReloadAsync"/>.</param>
    public static async Task<Browser> OpenAsync(Uri page, string? before = null)
    {
        var profile = new TemporaryFolder();
        Process process = Start(profile);
        using var deadline = new CancellationTokenSource(Patience);
        string? line;
        while ((line = await process.StandardError.ReadLineAsync(deadline.Token)) is not null && !line.StartsWith(Announcement, StringComparison.Ordinal))
        {
        }

        Assert.That(line, Is.Not.Null, "chromium ended before it was ready");
        _ = process.StandardError.ReadToEndAsync(CancellationToken.None);
        return await new Browser(new Uri(line![Announcement.Length..]), process, profile).GoAsync(page, before);
    }

    /// <summary>Opens one more page in the same browser.</summary>
    /// <inheritdoc cref="OpenAsync"/>
    public Task<Browser> OpenTabAsync(Uri page, string? before = null) => new Browser(tools, null, null).GoAsync(page, before);

    /// <summary>The value of an expression in the page; that of its promise if it is one.</summary>
    public async Task<JsonElement> EvaluateAsync(string expression)
    {
        JsonElement answer = await CallAsync("Runtime.evaluate", new { expression, returnByValue = true, awaitPromise = true });
        Assert.That(answer.TryGetProperty("exceptionDetails", out JsonElement fault), Is.False, fault.ToString());
        return answer.GetProperty("result").TryGetProperty("value", out JsonElement value) ? value : default;
    }

    /// <summary>Waits until an expression in the page is true.</summary>
    public Task WaitForAsync(string condition) =>
        Eventually.BecomesTrueAsync(async () => (await EvaluateAsync($"!!({condition})")).GetBoolean(), condition, Patience);

    /// <summary>Loads the page again; what it has stored is still there.</summary>
    public async Task ReloadAsync()
    {
        await EvaluateAsync("window.isOld = true");
        await CallAsync("Page.reload", new { });
        await WaitForAsync("!window.isOld && document.readyState === 'complete'");
    }

    /// <summary>Takes the network away from the page, or gives it back; it hears of it by the events <c>offline</c> and <c>online</c>.</summary>
    public async Task SetOfflineAsync(bool offline)
    {
        await CallAsync("Network.enable", new { });
        await CallAsync("Network.emulateNetworkConditions", new { offline, latency = 0, downloadThroughput = -1, uploadThroughput = -1 });
    }

    /// <summary>Lets every request fail whose URL has one of these patterns (<c>*</c> is anything), until the next call. WebSockets are not requests.</summary>
    public async Task BlockAsync(params string[] patterns)
    {
        await CallAsync("Network.enable", new { });
        await CallAsync("Network.setBlockedURLs", new { urls = patterns });
    }

    /// <summary>The size of its window in CSS pixels, and whether its user prefers dark colours.</summary>
    public async Task SetScreenAsync(int width, int height, bool dark = false)
    {
        await CallAsync("Emulation.setDeviceMetricsOverride", new { width, height, deviceScaleFactor = 1, mobile = false });
        await CallAsync("Emulation.setEmulatedMedia", new { features = new[] { new { name = "prefers-color-scheme", value = dark ? "dark" : "light" } } });
    }

    /// <summary>Brings the tab to the front: of several, only that one is painted and has the keyboard.</summary>
    public Task ShowAsync() => CallAsync("Page.bringToFront", new { });

    /// <summary>What the page looks like, as PNG.</summary>
    public async Task<byte[]> ScreenshotAsync()
    {
        await ShowAsync();
        return (await CallAsync("Page.captureScreenshot", new { format = "png" })).GetProperty("data").GetBytesFromBase64();
    }

    /// <summary>What the page has cost so far: seconds of processor time by kind (<c>ScriptDuration</c>), and counts (<c>LayoutCount</c>).</summary>
    public async Task<Dictionary<string, double>> MetricsAsync()
    {
        await CallAsync("Performance.enable", new { timeDomain = "threadTicks" });
        JsonElement metrics = (await CallAsync("Performance.getMetrics", new { })).GetProperty("metrics");
        return metrics.EnumerateArray().ToDictionary(m => m.GetProperty("name").GetString()!, m => m.GetProperty("value").GetDouble());
    }

    /// <summary>Presses a key, named as in <c>KeyboardEvent.key</c>: <c>Tab</c>, <c>Enter</c> or one that writes a character.</summary>
    public async Task PressAsync(string key)
    {
        string text = key == "Enter" ? "\r" : key.Length == 1 ? key : "";
        int windowsVirtualKeyCode = key switch { "Tab" => 9, "Enter" => 13, "Escape" => 27, _ => 0 };
        await ShowAsync();
        await CallAsync("Input.dispatchKeyEvent", new { type = "keyDown", key, code = key, text, windowsVirtualKeyCode });
        await CallAsync("Input.dispatchKeyEvent", new { type = "keyUp", key, code = key, windowsVirtualKeyCode });
    }

    /// <summary>Closes the tab as its user would; the browser too, if it was opened with it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (process is null && socket.State == WebSocketState.Open)
            await CallAsync("Target.closeTarget", new { targetId = target });
        socket.Dispose();
        if (process is null)
            return;
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
        profile!.Dispose();
    }

    private static Process Start(TemporaryFolder profile)
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

        return Process.Start(start)!;
    }

    private async Task<Browser> GoAsync(Uri page, string? before)
    {
        try
        {
            using var deadline = new CancellationTokenSource(Patience);
            await socket.ConnectAsync(tools, deadline.Token);
            target = (await CallAsync("Target.createTarget", new { url = "about:blank" })).GetProperty("targetId").GetString();
            session = (await CallAsync("Target.attachToTarget", new { targetId = target, flatten = true })).GetProperty("sessionId").GetString();
            await CallAsync("Page.enable", new { });
            if (before is not null)
                await CallAsync("Page.addScriptToEvaluateOnNewDocument", new { source = before });
            await CallAsync("Page.navigate", new { url = page.ToString() });
            await WaitForAsync($"location.href.startsWith('{page}') && document.readyState === 'complete'");
            return this;
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    private async Task<JsonElement> CallAsync(string method, object parameters)
    {
        using var deadline = new CancellationTokenSource(Patience);
        int id = ++lastId;
        // Of the browser itself there is no session, and null is none.
        object call = session is null ? new { id, method, @params = parameters } : new { id, method, @params = parameters, sessionId = session };
        await socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(call), WebSocketMessageType.Text, endOfMessage: true, deadline.Token);
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
