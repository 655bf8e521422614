using System.Text.Json;
using PushNode.Tests.Support;

namespace PushNode.Tests.Pages;

/// <summary>The page at <c>/</c> in a browser, used as its visitors do. What its policy forbids and what fails in its code is written down.</summary>
internal sealed class DemoPage : IAsyncDisposable
{
    /// <summary>Runs before the page's own code; <c>panel</c> is a device, <c>said</c> the texts it shows, oldest first.</summary>
    private const string Before = """
        window.problems = [];
        addEventListener('securitypolicyviolation', e => problems.push(`${e.violatedDirective}: ${e.blockedURI}`));
        addEventListener('error', e => problems.push(`error: ${e.message}`));
        addEventListener('unhandledrejection', e => problems.push(`rejection: ${e.reason}`));
        console.error = (...words) => problems.push(words.join(' '));
        window.$ = id => document.getElementById(id);
        window.panel = n => document.querySelectorAll('.device')[n];
        window.part = (n, name) => panel(n)?.querySelector(`[data-part="${name}"]`);
        window.state = n => part(n, 'state')?.textContent;
        window.said = n => [...panel(n).querySelectorAll('.said')].map(e => e.textContent).reverse();
        window.facts = n => [...panel(n).querySelectorAll('.message .facts')].map(e => [...e.children].map(b => b.textContent).join(', ')).reverse();
        window.way = () => [...document.querySelectorAll('#way-steps li')].map(e => e.innerText.replaceAll('\n', ' '));
        window.write = (field, text) => { field.value = text; field.dispatchEvent(new Event('input', { bubbles: true })); field.dispatchEvent(new Event('change', { bubbles: true })); };
        window.choose = (name, value) => document.querySelector(`[name="${name}"][value="${value}"]`).click();
        """;

    private DemoPage(Browser browser) => Browser = browser;

    public Browser Browser { get; }

    /// <summary>Opens it; where the node gives out tokens, both devices are live then.</summary>
    /// <param name="origin">The node.</param>
    /// <param name="users">The fragment with which links tell the users.</param>
    public static async Task<DemoPage> OpenAsync(string origin, string users = "")
    {
        var page = new DemoPage(await Browser.OpenAsync(new Uri(new Uri(origin), "/" + users), Before));
        if (await page.IsAsync("document.body.dataset.mode === 'tryout'"))
            await page.SeesAsync("state(0) === 'live' && state(1) === 'live'");
        return page;
    }

    public Task SeesAsync(string condition) => Browser.WaitForAsync(condition);

    public Task DoAsync(string code) => Browser.EvaluateAsync(code);

    public async Task<bool> IsAsync(string condition) => (await Browser.EvaluateAsync($"!!({condition})")).GetBoolean();

    public async Task<string[]> ReadAsync(string list) => (await Browser.EvaluateAsync(list)).Deserialize<string[]>()!;

    public async Task<string> ReadTextAsync(string text) => (await Browser.EvaluateAsync(text)).GetString()!;

    /// <summary>Writes a message and sends it; returns when it is answered.</summary>
    public async Task SendAsync(string text)
    {
        await DoAsync($"$('answer').textContent = ''; write($('data'), {JsonSerializer.Serialize(text)}); $('send').requestSubmit()");
        await SeesAsync("$('answer').textContent !== ''");
    }

    /// <summary>What its button puts into the clipboard.</summary>
    public async Task<string> CopyAsync()
    {
        await DoAsync("navigator.clipboard.writeText = async text => { window.copied = text; }; $('copy').click()");
        await SeesAsync("$('copy').textContent === 'Copied'");
        return await ReadTextAsync("copied");
    }

    /// <summary>Fails when the policy had to forbid something, or the page's code has failed.</summary>
    public async Task HasNoProblemsAsync() => Assert.That(await ReadAsync("problems"), Is.Empty);

    public ValueTask DisposeAsync() => Browser.DisposeAsync();
}
