using PushNode.Tests.Support;

namespace PushNode.Tests.Pages;

/// <summary>The dashboard on real nodes: what it shows of them, and what it does to them.</summary>
internal sealed class DashboardClusterTests
{
    [Test]
    public async Task User_IsLookedUp_SentTo_AndDisconnected_AndTheChartsMove()
    {
        await using NodeProcess node = await NodeProcess.StartAsync();
        await using TestClient phone = await TestClient.ConnectAsync(node.Address, Tokens.For("alice"), "device=phone");
        await using DashboardPage page = await DashboardPage.OpenAsync(node);
        await page.WaitForAsync("document.querySelector('.chart .value').textContent === '1'");

        await page.SubmitAsync("user-form", ("user-id", "alice"));
        await page.WaitForTextAsync("devices", "websocket on local since ");
        await page.WaitForTextAsync("user-state", "online, 1 connection");
        await page.SubmitAsync("send-form", ("send-name", "alice"), ("send-data", """{"n":12345678901234567890}"""));
        await page.WaitForTextAsync("send-answer", "seq 1, delivered to 1 connected");
        await page.WaitForTextAsync("user-head", "1 message so far");
        await phone.WaitForMessagesAsync(1);
        Assert.That(phone.Messages.Single().GetProperty("data").GetRawText(), Is.EqualTo("""{"n":12345678901234567890}"""), "JSON goes out as it was typed");
        const string Moved = "[...document.querySelectorAll('.chart')].find(c => c.querySelector('h3').textContent === '{0}')";
        foreach (string chart in (string[])["Accepted", "Latency"])
            await page.WaitForAsync($"{Moved.Replace("{0}", chart, StringComparison.Ordinal)}.querySelector('.hint').hidden");

        await page.RunAsync("document.querySelector('#send-form [value=broadcast]').click()");
        await page.SubmitAsync("send-form", ("send-data", "good morning, everybody"));
        await phone.WaitForMessagesAsync(2);
        Assert.That(phone.Messages.Last().GetProperty("data").GetString(), Is.EqualTo("good morning, everybody"), "what is no JSON is a text");

        await page.RunAsync("document.querySelector('#devices .action button').click()");
        await page.RunAsync("document.querySelector('#devices .confirm .danger').click()");
        await phone.WaitForEndAsync();
        Assert.That(phone.CloseCode, Is.EqualTo(1000));
        await page.WaitForTextAsync("user-state", "offline");
        await page.SubmitAsync("user-form", ("user-id", "a user"));
        await page.WaitForTextAsync("user-answer", "1 to 128 characters");
        Assert.That(await page.FaultsAsync(), Is.Empty);
    }

    [Test]
    public async Task NodeThatDies_AndRedisThatGoes_AreShown_UntilTheyAreBack()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        int port = Ports.Next();
        NodeProcess collect = await cluster.AddAsync("auth,collect,dispatch,push");
        NodeProcess push = await cluster.AddAsync("push", "--Cluster:Listen", $"http://127.0.0.1:{port}");
        await using DashboardPage page = await DashboardPage.OpenAsync(collect);
        await page.WaitForTextAsync("verdict-text", "All 2 nodes are well.");

        await push.KillAsync();
        await page.WaitForTextAsync("verdict-text", $"127.0.0.1:{port}");
        await page.WaitForAsync($"['unreachable', 'gone'].includes({DashboardPage.Row($"127.0.0.1:{port}")}.firstChild.dataset.state)");
        await push.StartAsync();
        await page.WaitForTextAsync("verdict-text", "All 2 nodes are well.");

        await cluster.Redis.KillAsync();
        await page.WaitForTextAsync("verdict-text", "Redis is away");
        await page.WaitForTextAsync("verdict-todo", "What still works");
        await page.WaitForTextAsync("fact-redis", "Away");
        await cluster.Redis.StartAsync();
        await page.WaitForTextAsync("verdict-text", "All 2 nodes are well.");
        Assert.That(await page.FaultsAsync(), Is.Empty);
    }

    [Test]
    public async Task Node_IsDrained_FromTheDashboardOfAnother()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        int port = Ports.Next();
        string address = $"127.0.0.1:{port}";
        NodeProcess first = await cluster.AddAsync("auth,collect,dispatch,push");
        NodeProcess second = await cluster.AddAsync("push", "--Cluster:Listen", $"http://127.0.0.1:{port}", "--Drain:Window", "00:00:08");
        // They are sent away one after the other, so that the drain takes its time.
        await using TestClient alice = await TestClient.ConnectAsync(second.Address, Tokens.For("alice"));
        await using TestClient bob = await TestClient.ConnectAsync(second.Address, Tokens.For("bob"));
        await using TestClient carol = await TestClient.ConnectAsync(second.Address, Tokens.For("carol"));
        await using DashboardPage page = await DashboardPage.OpenAsync(first);
        await page.WaitForTextAsync("verdict-text", "All 2 nodes are well.");

        await page.WaitForAsync(DashboardPage.Row(address));
        await page.RunAsync($"{DashboardPage.Row(address)}.querySelector('.action button').click()");
        Assert.That((await page.Browser.EvaluateAsync($"{DashboardPage.Row(address)}.querySelector('.question').textContent")).GetString(), Does.StartWith($"Drain {address}?"));
        await page.RunAsync($"{DashboardPage.Row(address)}.querySelector('.danger').click()");
        await page.WaitForTextAsync("verdict-text", $"{address} is draining");
        Assert.That(await second.WaitForExitAsync(), Is.Zero);
        await page.WaitForTextAsync("verdict-text", $"{address} has drained and ended");
        Assert.That(await first.IsReadyAsync(), "the other one stays");
        Assert.That(await page.FaultsAsync(), Is.Empty);
    }
}
