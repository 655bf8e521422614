using PushNode.Tests.Support;

namespace PushNode.Tests.Pages;

/// <summary>A tab that uses the client library. In it <c>push</c> is the client, <c>seen</c> the data of its messages, <c>states</c>, <c>errors</c> and <c>resets</c> its events.</summary>
internal static class ClientPage
{
    /// <summary>A page of the node's origin with nothing of its own.</summary>
    public static Uri Of(NodeProcess node) => new(node.Address, "healthz");

    /// <summary>Makes a client in the page, which connects. Its token is <c>token</c>, a variable of the page that may be changed.</summary>
    /// <param name="tab">The page.</param>
    /// <param name="token">The token.</param>
    /// <param name="options">Further options, in JavaScript.</param>
    /// <param name="url">The node's base; that of the page by default.</param>
    public static async Task StartAsync(this Browser tab, string token, string options = "", string url = "") =>
        await tab.EvaluateAsync($$"""
            (async () => {
              const { PushNode } = await import('/client.js');
              Object.assign(window, { token: '{{token}}', seen: [], states: [], errors: [], resets: [] });
              window.push = new PushNode('{{url}}', { token: async () => window.token, timing: { backoff: 50 }, {{options}} });
              push.on('message', ({ data }) => { seen.push(data); });
              push.on('state', event => { states.push(event); });
              push.on('error', ({ code }) => { errors.push(code); });
              push.on('reset', ({ channel }) => { resets.push(channel); });
            })()
            """);

    public static Task WaitForLiveAsync(this Browser tab) => tab.WaitForAsync("push.state === 'live'");

    /// <summary>Waits until so many messages have come, and returns the data of all.</summary>
    public static async Task<int[]> WaitForMessagesAsync(this Browser tab, int count)
    {
        await tab.WaitForAsync($"seen.length >= {count}");
        return [.. (await tab.EvaluateAsync("seen")).EnumerateArray().Select(e => e.GetInt32())];
    }

    public static async Task<string?> TextOfAsync(this Browser tab, string expression) => (await tab.EvaluateAsync(expression)).GetString();
}
