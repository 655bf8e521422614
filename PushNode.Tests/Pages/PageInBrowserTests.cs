using PushNode.Tests.Hosting;
using PushNode.Tests.Support;

namespace PushNode.Tests.Pages;

/// <summary>The page at <c>/</c>, in a real browser, on a node as it is out of the box.</summary>
internal sealed class PageInBrowserTests
{
    private const string Connected = "document.getElementById('state').textContent === 'connected as alice'";
    private const string Send = "document.getElementById('send').requestSubmit()";

    [Test]
    public async Task Page_ConnectsSendsAndShows_AndMissesNothingOverARestart()
    {
        await using NodeProcess node = await NodeProcess.StartPlainAsync();
        await using Browser page = await Browser.OpenAsync(node.Address);
        await page.EvaluateAsync("document.getElementById('receive').requestSubmit()");
        await page.WaitForAsync(Connected);

        await page.EvaluateAsync($"document.getElementById('data').value = 'good morning'; {Send}");
        await page.WaitForAsync("document.querySelector('#messages li pre')?.textContent.includes('good morning')");
        await node.KillAsync();
        await page.WaitForAsync("document.getElementById('state').className === 'bad'");
        await node.StartAsync();
        await page.WaitForAsync(Connected);
        await page.EvaluateAsync($"document.getElementById('data').value = '<img src=x onerror=\"document.title=1\">'; {Send}");
        await page.WaitForAsync("document.querySelectorAll('#messages li').length === 2");

        Assert.That((await page.EvaluateAsync("document.querySelectorAll('#messages img').length")).GetInt32(), Is.Zero, "data is shown as text");
        Assert.That((await page.EvaluateAsync("document.title")).GetString(), Is.EqualTo("PushNode"));
    }

    [TestCase("auth,push", false)]
    [TestCase("auth,collect,dispatch,push", true)]
    public async Task Page_OffersToSend_WhereMessagesAreTaken(string roles, bool sends)
    {
        await using RunningNode node = await RunningNode.StartAsync([$"Roles={roles}"]);
        await using Browser page = await Browser.OpenAsync(new Uri(node.Origin));

        await page.WaitForAsync($"(document.getElementById('send').offsetParent !== null) === {(sends ? "true" : "false")}");
        await page.WaitForAsync($"(document.querySelector('.elsewhere').offsetParent === null) === {(sends ? "true" : "false")}");
    }
}
