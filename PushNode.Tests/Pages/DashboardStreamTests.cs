using PushNode.Tests.Support;

namespace PushNode.Tests.Pages;

/// <summary>What the dashboard does when its stream is refused, or lost.</summary>
internal sealed class DashboardStreamTests
{
    private const string Key = "the-admin-key-of-a-test";

    [Test]
    public async Task Key_IsAskedFor_KeptInTheTab_AndForgotten()
    {
        await using NodeProcess node = await NodeProcess.StartAsync("--Admin:Key", Key);
        await using DashboardPage page = await DashboardPage.OpenAsync(node);
        await page.WaitForTextAsync("locked-title", "The admin key, please");
        Assert.That(await page.TextAsync("key-answer"), Is.Empty, "nobody has given a wrong one yet");
        Assert.That((await page.Browser.EvaluateAsync("document.getElementById('board').offsetParent === null")).GetBoolean(), "nothing is shown without the key");

        await page.SubmitAsync("key-form", ("key", "another-key-of-a-test"));
        await page.WaitForTextAsync("key-answer", "not the admin key");
        await page.SubmitAsync("key-form", ("key", "schlüssel mit ümlaut"));
        await page.WaitForTextAsync("key-answer", "no key");
        await page.SubmitAsync("key-form", ("key", Key));
        await page.WaitForTextAsync("verdict-text", "The node is well.");
        await page.Browser.ReloadAsync();
        await page.WaitForTextAsync("verdict-text", "The node is well.");
        Assert.That((await page.Browser.EvaluateAsync("localStorage.length")).GetInt32(), Is.Zero, "the key ends with the tab");

        // It is taken by what the dashboard asks the node to do, too.
        await page.SubmitAsync("user-form", ("user-id", "alice"));
        await page.WaitForTextAsync("devices-none", "No device");
        await page.RunAsync("document.getElementById('forget').click()");
        await page.WaitForTextAsync("locked-title", "The admin key, please");
        Assert.That((await page.Browser.EvaluateAsync("sessionStorage.length")).GetInt32(), Is.Zero);
        Assert.That(await page.TextAsync("key-answer"), Is.Empty);
        Assert.That(await page.FaultsAsync(), Is.Empty);
    }

    [Test]
    public async Task NodeWithoutAKey_ThatOthersCanReach_SaysWhatToSet()
    {
        await using ScriptedDashboard script = await ScriptedDashboard.StartAsync();
        script.Answers["/admin/stream"] = ScriptedDashboard.Json(new { code = "no_admin_key", detail = "set Admin:Key" }, 403);
        await using DashboardPage page = await DashboardPage.OpenAsync(script.Address);

        await page.WaitForTextAsync("no-key", "PUSHNODE_Admin__Key=");
        await page.WaitForAsync("document.getElementById('key-form').offsetParent === null");
        script.Answers.Remove("/admin/stream");
        await page.RunAsync("document.getElementById('again').click()");
        await page.WaitUntilLiveAsync();
    }

    [Test]
    public async Task StreamLost_IsSaid_AndComesBackByItself()
    {
        await using NodeProcess node = await NodeProcess.StartAsync();
        await using DashboardPage page = await DashboardPage.OpenAsync(node);
        await page.WaitForTextAsync("verdict-text", "The node is well.");

        await node.KillAsync();
        await page.WaitForTextAsync("lost-text", "No data from ");
        await page.WaitForTextAsync("lost-count", "Trying again");
        Assert.That((await page.Browser.EvaluateAsync("Number(getComputedStyle(document.getElementById('verdict')).opacity)")).GetDouble(), Is.LessThan(1), "what is old is grey");
        await node.StartAsync();
        await page.WaitUntilLiveAsync();
        await page.WaitForAsync("document.getElementById('lost').offsetParent === null");
        await page.WaitForAsync("getComputedStyle(document.getElementById('verdict')).opacity === '1'");
        Assert.That(await page.FaultsAsync(), Is.Empty);
    }

    [TestCase(404, "has no /admin/stream")]
    [TestCase(502, "answers 502")]
    public async Task StreamThatIsNotThere_IsTriedAgain_LaterAndLater(int status, string says)
    {
        await using ScriptedDashboard script = await ScriptedDashboard.StartAsync();
        script.Answers["/admin/stream"] = context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        };
        await using DashboardPage page = await DashboardPage.OpenAsync(script.Address);

        await page.WaitForTextAsync("lost-text", says);
        await Eventually.BecomesTrueAsync(() => script.Streams >= 3, "three tries");
        await page.WaitForAsync("Number(/in (\\d+) s/.exec(document.getElementById('lost-count').textContent)?.[1]) >= 2");
        script.Answers.Remove("/admin/stream");
        await page.RunAsync("document.getElementById('try-now').click()");
        await page.WaitUntilLiveAsync();
    }

    [Test]
    public async Task StreamThatFallsSilent_CountsAsLost()
    {
        await using ScriptedDashboard script = await ScriptedDashboard.StartAsync(interval: TimeSpan.FromMinutes(5));
        await using DashboardPage page = await DashboardPage.OpenAsync(script.Address);
        await page.WaitUntilLiveAsync();

        await page.WaitForTextAsync("lost-text", "it has said nothing for some seconds");
    }
}
