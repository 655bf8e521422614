using System.Text.Json;
using PushNode.Tests.Support;

namespace PushNode.Tests.Pages;

/// <summary>The client library in a real browser, against real nodes.</summary>
internal sealed class ClientInBrowserTests
{
    /// <summary>A browser in which no WebSocket opens.</summary>
    private const string Blocked = """
        window.WebSocket = class {
          constructor() { setTimeout(() => { this.onerror?.({}); this.onclose?.({ code: 1006, reason: '' }); }); }
          close() {}
        };
        """;

    [Test]
    public async Task Reload_AndARestartOfTheNode_LoseNothingAndRepeatNothing()
    {
        await using NodeProcess node = await NodeProcess.StartAsync();
        using var producer = new Producer(node.Address);
        await using Browser tab = await Browser.OpenAsync(ClientPage.Of(node));
        await tab.StartAsync(Tokens.For("alice"));
        await tab.WaitForLiveAsync();
        await producer.PushToAsync("alice", "1");
        await producer.PushToAsync("alice", "2");
        Assert.That(await tab.WaitForMessagesAsync(2), Is.EqualTo(new[] { 1, 2 }));

        await tab.ReloadAsync();
        await producer.PushToAsync("alice", "3");
        await tab.StartAsync(Tokens.For("alice"));
        await tab.WaitForLiveAsync();
        Assert.That(await tab.WaitForMessagesAsync(1), Is.EqualTo(new[] { 3 }), "only what is new");

        await node.KillAsync();
        await tab.WaitForAsync("push.state === 'offline'");
        await node.StartAsync();
        await producer.PushToAsync("alice", "4");
        Assert.That(await tab.WaitForMessagesAsync(2), Is.EqualTo(new[] { 3, 4 }));
        await tab.WaitForLiveAsync();
        Assert.That(await tab.TextOfAsync("push.transport"), Is.EqualTo("websocket"));
        Assert.That(await tab.TextOfAsync("errors.join()"), Is.Empty);
    }

    [Test]
    public async Task Tabs_ShareTheDevice_AndEachShowsEverything()
    {
        NodeProcess node = await SharedNode.GetAsync();
        using var producer = new Producer(node.Address);
        await using Browser first = await Browser.OpenAsync(ClientPage.Of(node));
        await using Browser second = await first.OpenTabAsync(ClientPage.Of(node));
        string token = Tokens.For("tabs");
        await first.StartAsync(token);
        await first.WaitForLiveAsync();
        await second.StartAsync(token);
        await second.WaitForLiveAsync();
        await using TestClient phone = await TestClient.ConnectAsync(node.Address, token, "device=phone");
        Assert.That(await first.TextOfAsync("push.device"), Is.EqualTo(await second.TextOfAsync("push.device")).And.Match("^web-[a-z0-9]+$"));

        await producer.PushToAsync("tabs", "1");
        await first.WaitForMessagesAsync(1);
        await second.WaitForMessagesAsync(1);
        // The second one misses what the first one has: it goes on from its own memory all the same.
        await second.EvaluateAsync("push.close()");
        await producer.PushToAsync("tabs", "2");
        await first.WaitForMessagesAsync(2);
        await first.EvaluateAsync("push.close()");
        await second.EvaluateAsync("push.connect()");
        Assert.That(await second.WaitForMessagesAsync(2), Is.EqualTo(new[] { 1, 2 }));
        await second.EvaluateAsync("push.close()");

        await using Browser third = await first.OpenTabAsync(ClientPage.Of(node));
        await third.StartAsync(token);
        await third.WaitForLiveAsync();
        Assert.That(await third.TextOfAsync("seen.join()"), Is.Empty, "a new tab goes on where the others are");
        await phone.WaitForMessagesAsync(2);
    }

    [TestCase("auto")]
    [TestCase("sse")]
    public async Task AnotherUser_InTheSameBrowser_HasOnlyTheirOwn_AndTheFirstLosesNothing(string transport)
    {
        NodeProcess node = await SharedNode.GetAsync();
        using var producer = new Producer(node.Address);
        (string ann, string ben) = ($"ann-{transport}", $"ben-{transport}");
        await using Browser tab = await Browser.OpenAsync(ClientPage.Of(node));
        for (int i = 1; i <= 3; i++)
            await producer.PushToAsync(ann, $"{i}");
        await producer.PushToAsync(ben, "10");
        await tab.StartAsync(Tokens.For(ann), $"transport: '{transport}'");
        await tab.WaitForMessagesAsync(3);

        // Ann's connection ends, and the token is Ben's from now on.
        await tab.EvaluateAsync($"window.token = '{Tokens.For(ben)}'");
        await producer.PostAsync("{}", $"users/{ann}/disconnect");
        Assert.That(await tab.WaitForMessagesAsync(4), Is.EqualTo(new[] { 1, 2, 3, 10 }), "Ben's first message has a lower seq than Ann's last");
        Assert.That(await tab.TextOfAsync("push.user"), Is.EqualTo(ben));
        await producer.PushToAsync(ann, "4");
        await producer.PushToAsync(ben, "11");
        Assert.That(await tab.WaitForMessagesAsync(5), Is.EqualTo(new[] { 1, 2, 3, 10, 11 }));

        await tab.ReloadAsync();
        await tab.StartAsync(Tokens.For(ann), $"transport: '{transport}'");
        Assert.That(await tab.WaitForMessagesAsync(1), Is.EqualTo(new[] { 4 }));
        await tab.WaitForLiveAsync();
        Assert.That(await tab.TextOfAsync("seen.join()"), Is.EqualTo("4"));
    }

    [Test]
    public async Task WhereWebSocketsAreBlocked_AStreamTakesTheirPlace_AndResumes()
    {
        await using NodeProcess node = await NodeProcess.StartAsync();
        using var producer = new Producer(node.Address);
        await using Browser tab = await Browser.OpenAsync(ClientPage.Of(node), Blocked);
        await tab.StartAsync(Tokens.For("alice", ["news", "fx"]), "topics: ['news']");
        await tab.WaitForLiveAsync();
        Assert.That(await tab.TextOfAsync("push.transport"), Is.EqualTo("sse"));
        await producer.PushToAsync("alice", "1");
        await producer.PushAsync("\"topic\":\"news\"", "2");
        await tab.WaitForMessagesAsync(2);

        Assert.That(await tab.TextOfAsync("Promise.allSettled([push.subscribe('fx'), push.subscribe('secret'), push.unsubscribe('news')]).then(all => all.map(a => a.reason?.code ?? 'done').join())"),
            Is.EqualTo("done,topic_not_allowed,done"));
        await producer.PushAsync("\"topic\":\"fx\"", "3");
        await tab.WaitForMessagesAsync(3);
        await node.KillAsync();
        await tab.WaitForAsync("push.state === 'offline'");
        await node.StartAsync();
        await producer.PushToAsync("alice", "4");
        await producer.PushAsync("\"topic\":\"fx\"", "5");
        await producer.PushAsync("\"topic\":\"news\"", "6");
        int[] data = await tab.WaitForMessagesAsync(5);
        await tab.WaitForLiveAsync();

        Assert.That(data, Is.EquivalentTo(new[] { 1, 2, 3, 4, 5 }));
        Assert.That(await tab.TextOfAsync("[push.transport, push.topics].join()"), Is.EqualTo("sse,fx"));
    }

    [Test]
    public async Task Offline_IsKnownAtOnce_AndOnlineTriesAtOnce()
    {
        NodeProcess node = await SharedNode.GetAsync();
        using var producer = new Producer(node.Address);
        await using Browser tab = await Browser.OpenAsync(ClientPage.Of(node));
        await tab.StartAsync(Tokens.For("traveller"), "timing: { backoff: 30000 }");
        await tab.WaitForLiveAsync();

        await tab.SetOfflineAsync(true);
        await tab.WaitForAsync("push.state === 'offline'");
        await tab.EvaluateAsync("push.connect()");
        Assert.That(await tab.TextOfAsync("push.state"), Is.EqualTo("offline"), "nothing is tried");
        await producer.PushToAsync("traveller", "1");
        await tab.SetOfflineAsync(false);

        Assert.That(await tab.WaitForMessagesAsync(1), Is.EqualTo(new[] { 1 }));
        Assert.That(await tab.TextOfAsync("states.filter(event => event.retryInMs).length + ' waits'"), Is.EqualTo("0 waits"));
    }

    [TestCase("websocket")]
    [TestCase("sse")]
    public async Task AConnectionThatHasGoneSilent_IsNoticed(string transport)
    {
        await using NodeProcess node = await NodeProcess.StartAsync("--Push:HeartbeatInterval", "00:00:01");
        using var producer = new Producer(node.Address);
        await using var link = new TestLink(node.Port);
        await using Browser tab = await Browser.OpenAsync(ClientPage.Of(node));
        await tab.StartAsync(Tokens.For("alice"), $"transport: '{transport}', timing: {{ ping: 500, backoff: 50 }}", link.Address.ToString());
        await tab.WaitForLiveAsync();
        // An idle connection that works is left alone: the server's pings are not seen by a page, its own are answered.
        await tab.EvaluateAsync("new Promise(resolve => setTimeout(resolve, 3000))");
        Assert.That(await tab.TextOfAsync("states.map(event => event.state).join()"), Is.EqualTo("connecting,live"));

        link.Forget();
        await producer.PushToAsync("alice", "1");

        Assert.That(await tab.WaitForMessagesAsync(1), Is.EqualTo(new[] { 1 }));
        Assert.That(await tab.TextOfAsync("states[2].reason"), Is.EqualTo("nothing was heard"));
    }

    [Test]
    public async Task AWorker_IsAClientToo_AndAnotherOriginAsWell()
    {
        NodeProcess node = await SharedNode.GetAsync();
        using var producer = new Producer(node.Address);
        await using Browser tab = await Browser.OpenAsync(ClientPage.Of(node));
        await producer.PushToAsync("worker", "1");

        string script = $$"""
            import { PushNode } from '{{node.Address}}client.js';
            const push = new PushNode('{{node.Address}}', { token: '{{Tokens.For("worker")}}' });
            push.on('message', ({ data }) => postMessage([data, push.device, push.transport].join()));
            """;
        string? answer = await tab.TextOfAsync($"new Promise(resolve => {{ new Worker(URL.createObjectURL(new Blob([{JsonSerializer.Serialize(script)}], {{ type: 'text/javascript' }})), {{ type: 'module' }}).onmessage = event => resolve(event.data) }})");
        Assert.That(answer, Does.Match("^1,web-[a-z0-9]+,websocket$"), "a worker keeps nothing: a name of its own");

        // To a browser, localhost is another origin than 127.0.0.1.
        foreach (string transport in (string[])["sse", "websocket"])
        {
            await tab.StartAsync(Tokens.For("worker"), $"transport: '{transport}', device: 'foreign-{transport}'", $"http://localhost:{node.Port}");
            await tab.WaitForMessagesAsync(1);
            await producer.PostAsync("{}", "users/worker/disconnect");
            await tab.WaitForAsync("states.filter(event => event.state === 'live').length === 2");
            Assert.That(await tab.TextOfAsync("seen.join()"), Is.EqualTo("1"), "also the second stream, which sends its cursor");
            await tab.EvaluateAsync("push.close()");
        }
    }

    [Test]
    public async Task AnOriginThatMayNotConnect_IsRefusedForGood_OverAStreamToo()
    {
        await using NodeProcess node = await NodeProcess.StartAsync("--Push:AllowedOrigins:0", "https://app.example.com");
        await using Browser tab = await Browser.OpenAsync(ClientPage.Of(node));

        await tab.StartAsync(Tokens.For("foreigner"), "transport: 'sse'", $"http://localhost:{node.Port}");

        await tab.WaitForAsync("push.state === 'refused'");
        Assert.That(await tab.TextOfAsync("String([states.at(-1).code, states.at(-1).reason.includes('origin'), states.length])"), Is.EqualTo("4403,true,2"));
    }

    [Test]
    public async Task HostileData_StaysData()
    {
        NodeProcess node = await SharedNode.GetAsync();
        using var producer = new Producer(node.Address);
        await using Browser tab = await Browser.OpenAsync(ClientPage.Of(node));
        await tab.StartAsync(Tokens.For("hostile-data", ["__proto__", "constructor"]), "topics: ['__proto__', 'constructor']");
        await tab.WaitForLiveAsync();

        await producer.PushToAsync("hostile-data", """{"__proto__":{"polluted":1},"type":"welcome","user":"evil","seq":9e15,"toString":1,"text":"</script><img src=x onerror=alert(1)>\u2028"}""");
        await producer.PushAsync("\"topic\":\"__proto__\"", "1", ",\"event\":\"constructor\"");
        await producer.PushAsync("\"topic\":\"constructor\"", "2", ",\"event\":\"__proto__\"");
        await producer.PushToAsync("hostile-data", "3");
        await tab.WaitForAsync("seen.length === 4");

        Assert.That(await tab.TextOfAsync("String([{}.polluted, push.user, seen[0].text.startsWith('</script>'), document.images.length])"), Is.EqualTo(",hostile-data,true,0"));
        Assert.That(await tab.TextOfAsync("errors.join()"), Is.Empty);
    }
}
