namespace PushNode.Tests.Support;

/// <summary>What the other tests rely on: a browser does as it is told.</summary>
internal sealed class BrowserTests
{
    [Test]
    public async Task Browser_DoesAsItIsTold()
    {
        NodeProcess node = await SharedNode.GetAsync();
        var page = new Uri(node.Address, "healthz");
        await using Browser first = await Browser.OpenAsync(page, "window.before = 1");
        await using Browser second = await first.OpenTabAsync(page);

        await first.EvaluateAsync("localStorage.setItem('shared', 'yes')");
        Assert.That((await second.EvaluateAsync("localStorage.getItem('shared')")).GetString(), Is.EqualTo("yes"));
        await first.ReloadAsync();
        Assert.That((await first.EvaluateAsync("[window.before, localStorage.getItem('shared')].join()")).GetString(), Is.EqualTo("1,yes"));

        await first.EvaluateAsync("window.heard = []; addEventListener('offline', () => heard.push('offline')); addEventListener('online', () => heard.push('online'))");
        await first.SetOfflineAsync(true);
        await first.WaitForAsync("heard.join() === 'offline' && navigator.onLine === false");
        Assert.That((await first.EvaluateAsync("fetch('/healthz').then(() => 'there', () => 'away')")).GetString(), Is.EqualTo("away"));
        await first.SetOfflineAsync(false);
        await first.WaitForAsync("heard.join() === 'offline,online'");
        await first.BlockAsync("*/readyz*");
        Assert.That((await first.EvaluateAsync("fetch('/readyz').then(() => 'there', () => 'away')")).GetString(), Is.EqualTo("away"));
        Assert.That((await first.EvaluateAsync("fetch('/healthz').then(() => 'there', () => 'away')")).GetString(), Is.EqualTo("there"));

        await first.SetScreenAsync(390, 844, dark: true);
        await first.WaitForAsync("innerWidth === 390 && matchMedia('(prefers-color-scheme: dark)').matches");
        Assert.That(await first.ScreenshotAsync(), Has.Length.GreaterThan(1000));
        await first.EvaluateAsync("document.body.replaceChildren(document.createElement('input')); document.querySelector('input').focus()");
        await first.PressAsync("a");
        await first.WaitForAsync("document.querySelector('input').value === 'a'");
    }
}
