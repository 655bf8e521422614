using System.Net;
using PushNode.Tests.Hosting;

namespace PushNode.Tests.Pages;

/// <summary>The dashboard as it is served, and as it shows clusters of any kind.</summary>
internal sealed class DashboardTests
{
    [TestCase("/dashboard", "text/html")]
    [TestCase("/dashboard/dashboard.js", "text/javascript")]
    [TestCase("/dashboard/charts.js", "text/javascript")]
    [TestCase("/dashboard/dashboard.css", "text/css")]
    [TestCase("/theme.css", "text/css")]
    public async Task Dashboard_IsServed_WhateverTheRoles(string path, string contentType)
    {
        await using RunningNode node = await RunningNode.StartAsync(["Roles=auth"]);

        using HttpResponseMessage response = await node.Http.GetAsync(new Uri(path, UriKind.Relative));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo(contentType));
        Assert.That(response.Headers.GetValues("Content-Security-Policy").Single(), Does.StartWith("default-src 'none'").And.Not.Contains("unsafe"));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Not.Contain("innerHTML").And.Not.Contains("https://").And.Not.Contains("style="));
    }

    [Test]
    public async Task Dashboard_WithASlashTooMany_GoesToWhereItsAddressesAreRight()
    {
        await using RunningNode node = await RunningNode.StartAsync();

        using HttpResponseMessage response = await node.Http.GetAsync(new Uri("/dashboard/", UriKind.Relative));

        Assert.That(response.RequestMessage!.RequestUri!.AbsolutePath, Is.EqualTo("/dashboard"));
    }

    [TestCase(360, true)]
    [TestCase(1440, false)]
    public async Task FiftyNodes_AreSmooth_AndFitTheScreen(int width, bool dark)
    {
        await using ScriptedDashboard script = await ScriptedDashboard.StartAsync(
            second => ScriptedDashboard.StatusOf(second, [.. Enumerable.Range(1, 50).Select(i => ScriptedDashboard.NodeOf(
                $"10.0.0.{i}:8081", i == 7 ? "unreachable" : i == 9 ? "gone" : i == 11 ? "draining" : "up", i == 7 ? "it does not answer within 900 ms, and nobody knows why" : null, self: i == 1, second: second))]),
            [.. Enumerable.Range(-299, 299).Select(second => ScriptedDashboard.PointOf(second))]);
        await using DashboardPage page = await DashboardPage.OpenAsync(script.Address);
        await page.Browser.SetScreenAsync(width, 800, dark);
        await page.WaitForAsync("document.querySelectorAll('#nodes-table > tbody').length === 50");
        const string Warm = "10";
        await page.WaitForAsync($"(window.ticks ??= new MutationObserver(() => window.seen = (window.seen ?? 0) + 1)).observe(document.querySelector('#nodes-table > tbody'), {{ subtree: true, characterData: true, childList: true }}) ?? window.seen > {Warm}");

        Dictionary<string, double> before = await page.Browser.MetricsAsync();
        double first = (await page.Browser.EvaluateAsync("window.seen")).GetDouble();
        await page.WaitForAsync($"window.seen > {first} + 30");
        Dictionary<string, double> after = await page.Browser.MetricsAsync();
        double ticks = (await page.Browser.EvaluateAsync("window.seen")).GetDouble() - first;

        double scripting = (after["ScriptDuration"] - before["ScriptDuration"]) * 1000 / ticks;
        double layouts = (after["LayoutCount"] - before["LayoutCount"]) / ticks;
        TestContext.Out.WriteLine($"{scripting:0.00} ms of scripting and {layouts:0.00} layouts a tick");
        Assert.That(scripting, Is.LessThan(16), "milliseconds of scripting in each second");
        Assert.That(layouts, Is.LessThan(1.5), "layouts in each second: more means that it is measured while it is drawn");
        Assert.That((await page.Browser.EvaluateAsync("document.documentElement.scrollWidth <= innerWidth")).GetBoolean(), "nothing is wider than the screen");
        Assert.That(await page.FaultsAsync(), Is.Empty);
    }

    [Test]
    public async Task Nodes_AreFilteredAndSorted()
    {
        await using ScriptedDashboard script = await ScriptedDashboard.StartAsync(second => ScriptedDashboard.StatusOf(
            second, [.. Enumerable.Range(1, 12).Select(i => ScriptedDashboard.NodeOf($"10.0.0.{i}:8081", i == 7 ? "unreachable" : "up", self: i == 1, roles: i == 3 ? ["collect"] : ["push"]))]));
        await using DashboardPage page = await DashboardPage.OpenAsync(script.Address);
        const string Addresses = "[...document.querySelectorAll('#nodes-table .address')].map(a => a.textContent.split(/[.:]/)[3]).join()";
        await page.WaitForAsync($"{Addresses} === '1,2,3,4,5,6,7,8,9,10,11,12'");

        await page.RunAsync("[...document.querySelectorAll('.sort')].find(b => b.textContent === 'State').click()");
        await page.WaitForAsync($"{Addresses}.startsWith('7,1,2')");
        Assert.That((await page.Browser.EvaluateAsync("document.querySelector('[aria-sort]').textContent")).GetString(), Is.EqualTo("State"));

        await page.RunAsync("document.getElementById('nodes-filter').value = 'collect up'; document.getElementById('nodes-filter').dispatchEvent(new Event('input'))");
        await page.WaitForAsync($"{Addresses} === '3'");
        Assert.That(await page.TextAsync("nodes-count"), Is.EqualTo("1 of 12 nodes"));
        await page.RunAsync("document.getElementById('nodes-filter').value = 'nonsense'; document.getElementById('nodes-filter').dispatchEvent(new Event('input'))");
        await page.WaitForTextAsync("nodes-none", "No node is like that");
    }

    [Test]
    public async Task WhatOthersWrote_IsShownAsText()
    {
        const string Evil = "<img src=x onerror=document.title=1>";
        await using ScriptedDashboard script = await ScriptedDashboard.StartAsync(
            second => ScriptedDashboard.StatusOf(second, [ScriptedDashboard.NodeOf(Evil, self: true, ready: Evil), ScriptedDashboard.NodeOf("b" + Evil, "unreachable", Evil, roles: [Evil])], Evil, Evil, Evil));
        script.Answers[$"/users/{Evil}/devices"] = ScriptedDashboard.Json(new
        {
            userId = Evil,
            head = 3,
            online = true,
            unanswered = new[] { Evil },
            devices = new[] { new { device = Evil, acknowledged = 1, behind = 2, connections = new[] { new { id = Evil, node = Evil, transport = Evil, since = "2026-01-01T00:00:00Z" } } } },
        });
        script.Answers["/collect"] = ScriptedDashboard.Json(new { code = "bad_name", detail = Evil }, 400);
        await using DashboardPage page = await DashboardPage.OpenAsync(script.Address);
        await page.WaitForTextAsync("verdict-text", Evil);

        await page.SubmitAsync("user-form", ("user-id", Evil));
        await page.WaitForTextAsync("devices-table", Evil);
        await page.SubmitAsync("send-form", ("send-name", Evil), ("send-data", Evil));
        await page.WaitForTextAsync("send-answer", $"400: {Evil}");
        await page.RunAsync("document.querySelector('#nodes-table .action button').click()");
        await page.WaitForAsync($"document.querySelector('.question').textContent.includes('{Evil}')");

        Assert.That(await page.CountAsync("main img"), Is.Zero);
        Assert.That((await page.Browser.EvaluateAsync("document.title")).GetString(), Does.Contain("PushNode"));
        Assert.That(await page.FaultsAsync(), Is.Empty);
    }

    [Test]
    public async Task Keyboard_ReachesEverything_AndReadsTheCharts()
    {
        await using ScriptedDashboard script = await ScriptedDashboard.StartAsync(history: [.. Enumerable.Range(-60, 60).Select(second => ScriptedDashboard.PointOf(second))], interval: TimeSpan.FromSeconds(1));
        script.Answers["/users/alice/devices"] = ScriptedDashboard.Json(new
        {
            userId = "alice",
            head = 3,
            online = true,
            devices = new[] { new { device = "phone", acknowledged = 1, behind = 2, connections = new[] { new { id = "1", node = "local", transport = "websocket", since = "2026-01-01T00:00:00Z" } } } },
        });
        await using DashboardPage page = await DashboardPage.OpenAsync(script.Address);
        await page.WaitUntilLiveAsync();
        await page.SubmitAsync("user-form", ("user-id", "alice"));
        await page.WaitForTextAsync("devices-table", "phone");

        await page.RunAsync("""
            window.reached = new Set();
            document.activeElement.blur();
            addEventListener('focusin', e => reached.add(e.target));
            window.missed = () => [...document.querySelectorAll('a[href], button, input:not([type=radio]), input:checked, select, textarea, [tabindex="0"]')]
                .filter(e => e.checkVisibility({ visibilityProperty: true }) && !e.disabled && !reached.has(e)).map(e => e.outerHTML).join('\n');
            """);
        for (int i = 0; i < 60; i++)
            await page.Browser.PressAsync("Tab");
        Assert.That((await page.Browser.EvaluateAsync("missed()")).GetString(), Is.Empty, "what Tab does not reach");

        await page.RunAsync("document.querySelector('.plot').focus()");
        await page.Browser.PressAsync("ArrowLeft");
        await page.Browser.PressAsync("ArrowLeft");
        Assert.That((await page.Browser.EvaluateAsync("document.querySelector('.plot').getAttribute('aria-valuetext')")).GetString(), Does.Match(@"^\d\d:\d\d:\d\d: [\d,]+$"));
        Assert.That((await page.Browser.EvaluateAsync("document.querySelectorAll('.when')[1].textContent")).GetString(), Does.Match(@"^\d\d:\d\d:\d\d$"), "all charts show the same moment");
        await page.Browser.PressAsync("Escape");
        await page.WaitForAsync("document.querySelector('.when').textContent === ''");

        await page.RunAsync("document.querySelector('#nodes-table .action button').focus()");
        await page.Browser.PressAsync("Enter");
        await page.WaitForAsync("document.activeElement.textContent === 'Cancel'");
        await page.Browser.PressAsync("Escape");
        await page.WaitForAsync("document.activeElement.textContent === 'Drain'");
    }

    [Test]
    public async Task Charts_LeaveAGap_WhereNothingWasMeasured()
    {
        await using ScriptedDashboard script = await ScriptedDashboard.StartAsync(history:
        [
            .. Enumerable.Range(-299, 100).Select(second => ScriptedDashboard.PointOf(second)),
            .. Enumerable.Range(-150, 50).Select(second => ScriptedDashboard.PointOf(second, latency: null)),
            .. Enumerable.Range(-100, 100).Select(second => ScriptedDashboard.PointOf(second)),
        ]);
        await using DashboardPage page = await DashboardPage.OpenAsync(script.Address);
        await page.WaitUntilLiveAsync();

        const string Pieces = "(document.querySelectorAll('.chart')[{0}].querySelector('path.line').getAttribute('d') ?? '').split('M').length - 1";
        await page.WaitForAsync($"{string.Format(System.Globalization.CultureInfo.InvariantCulture, Pieces, 0)} === 2");
        await page.WaitForAsync($"{string.Format(System.Globalization.CultureInfo.InvariantCulture, Pieces, 3)} === 2");
    }

    [Test]
    public async Task NodeThatDoesNotCollect_NamesThoseThatDo()
    {
        await using ScriptedDashboard script = await ScriptedDashboard.StartAsync(second => ScriptedDashboard.StatusOf(
            second, [ScriptedDashboard.NodeOf("10.0.0.1:8081", self: true, roles: ["push"]), ScriptedDashboard.NodeOf("10.0.0.2:8081", roles: ["auth", "collect", "dispatch"])]));
        await using DashboardPage page = await DashboardPage.OpenAsync(script.Address);

        await page.WaitForTextAsync("elsewhere", "Open the dashboard of 10.0.0.2:8081");
        await page.WaitForAsync("document.getElementById('doing').offsetParent === null");
        script.Status = static second => ScriptedDashboard.StatusOf(second, [ScriptedDashboard.NodeOf("10.0.0.1:8081", self: true)]);
        await page.WaitForAsync("document.getElementById('elsewhere').offsetParent === null");
        await page.SubmitAsync("send-form", ("send-name", "alice"));
        await page.WaitForTextAsync("send-answer", "404: Nothing is at /collect");
    }
}
