using PushNode.Tests.Hosting;
using PushNode.Tests.Support;

namespace PushNode.Tests.Pages;

/// <summary>The page at <c>/</c>, in a real browser: what it promises comes true on it.</summary>
internal sealed class PageInBrowserTests
{
    private const string ApiKey = "a-key-for-the-page-0123456789";

    [Test]
    public async Task Message_IsOnEveryDevice_AndItsWayIsShown()
    {
        await using RunningNode node = await RunningNode.StartAsync();
        await using DemoPage page = await DemoPage.OpenAsync(node.Origin);

        await page.SendAsync("good morning");
        await page.SeesAsync("said(0).join() === 'good morning' && said(1).join() === 'good morning'");

        await page.SeesAsync("/^202.*Stored.*seq 1 · id \\w+ · [\\d.]+ ms$/.test($('answer').textContent)");
        Assert.That(await page.ReadAsync("facts(0)"), Is.EqualTo(new[] { "user:alice #1, live, websocket" }));
        await page.SeesAsync("/^[\\d.]+ m?s$/.test(panel(0).querySelector('.took').textContent)");
        await page.SeesAsync("way().at(-1).startsWith('Acknowledged') && /laptop, phone|phone, laptop/.test(way().at(-1))");
        string[] way = await page.ReadAsync("way()");
        Assert.That(way, Has.Length.EqualTo(7));
        Assert.That(way[0], Does.StartWith("Sent"));
        Assert.That(way[1], Does.Contain("seq 1").And.Contains("within"));
        Assert.That(way[2], Does.StartWith("Dispatched"));
        Assert.That(way, Has.Some.StartsWith("Answered 202").And.Some.StartsWith("Received on laptop").And.Some.StartsWith("Received on phone"));

        await page.DoAsync("write($('own-id'), 'order-1042')");
        await page.SendAsync("shipped");
        await page.SeesAsync("/^202.*seq 2/.test($('answer').textContent)");
        await page.SendAsync("shipped");
        await page.SeesAsync("/^200.*Recognised.*seq 2/.test($('answer').textContent) && way().some(s => s.startsWith('Sent again'))");
        await page.DoAsync("write($('own-id'), '')");
        await page.SendAsync("good evening");
        await page.SeesAsync("said(0).join() === 'good morning,shipped,good evening' && said(1).join() === 'good morning,shipped,good evening'");
        await page.HasNoProblemsAsync();
    }

    [Test]
    public async Task Message_GoesToWhomItIsFor()
    {
        await using RunningNode node = await RunningNode.StartAsync();
        await using DemoPage page = await DemoPage.OpenAsync(node.Origin, "#laptop=carol&phone=dave");

        await page.SendAsync("to me");
        await page.DoAsync("choose('to', 'user'); write($('user'), 'dave')");
        await page.SendAsync("to dave");
        await page.DoAsync("choose('to', 'topic'); write($('topic'), 'news'); choose('kind', 'json'); write($('event'), 'rates')");
        await page.SendAsync("""[1, {"text": "to readers"}]""");
        await page.DoAsync("choose('to', 'all'); choose('kind', 'text'); write($('event'), ''); $('ephemeral').click()");
        await page.SendAsync("to all");
        await page.DoAsync("$('ephemeral').click()");
        await page.SendAsync("to all, for good");

        await page.SeesAsync("said(0).at(-1) === 'to all, for good' && said(1).at(-1) === 'to all, for good'");
        // Channels have no order between them, and an ephemeral message none at all.
        Assert.That(await page.ReadAsync("said(0)"), Is.EquivalentTo(new[] { "to me", "[ 1, { \"text\": \"to readers\" } ]", "to all", "to all, for good" }));
        Assert.That(await page.ReadAsync("said(1)"), Is.EquivalentTo(new[] { "to dave", "[ 1, { \"text\": \"to readers\" } ]", "to all", "to all, for good" }));
        Assert.That(await page.ReadAsync("facts(1)"), Is.EquivalentTo(new[]
        {
            "user:dave #1, live, websocket", "topic:news #1, live, event rates, websocket", "all, live, ephemeral, websocket", "all #1, live, websocket",
        }));

        await page.DoAsync("write(part(1, 'topics'), '')");
        await page.SeesAsync("$('code').textContent === \"await push.unsubscribe('news');\"");
        await page.DoAsync("write(part(1, 'topics'), 'fx'); choose('to', 'topic'); write($('topic'), 'fx')");
        await page.SeesAsync("$('code').textContent === \"await push.subscribe('fx');\"");
        // That it is subscribed is known from the node, which answers commands in order: a message to fx before that would be missed.
        await Eventually.BecomesTrueAsync(async () =>
        {
            await page.SendAsync("to traders");
            return await page.IsAsync("said(1).at(-1) === 'to traders'");
        }, "the second device has subscribed to fx");
        Assert.That(await page.ReadAsync("said(0)"), Has.None.EqualTo("to traders"));
        await page.HasNoProblemsAsync();
    }

    [Test]
    public async Task DeviceThatWasOffline_HasEverythingOnItsReturn_InOrder_NoneTwice()
    {
        await using RunningNode node = await RunningNode.StartAsync();
        await using DemoPage page = await DemoPage.OpenAsync(node.Origin);
        await page.SendAsync("before");
        await page.SeesAsync("said(1).length === 1");

        await page.DoAsync("part(1, 'switch').click()");
        await page.SeesAsync("state(1) === 'offline' && part(1, 'away').offsetParent");
        foreach (string text in (string[])["one", "two", "three"])
            await page.SendAsync(text);
        await page.SeesAsync("said(0).length === 4 && way().some(s => s.startsWith('Waits for phone'))");
        Assert.That(await page.ReadAsync("said(1)"), Is.EqualTo(new[] { "before" }), "it is really away");
        await page.DoAsync("part(1, 'switch').click()");
        await page.SeesAsync("state(1) === 'live' && said(1).length === 4");
        await page.SendAsync("after");
        await page.SeesAsync("said(1).length === 5");

        Assert.That(await page.ReadAsync("said(1)"), Is.EqualTo(new[] { "before", "one", "two", "three", "after" }));
        Assert.That((await page.ReadAsync("facts(1)")).Select(f => f.Split(", ")[1]), Is.EqualTo(new[] { "live", "while away", "while away", "while away", "live" }));
        Assert.That(await page.ReadAsync("[...document.querySelectorAll('.steps .done')].map(e => e.id)"), Is.EqualTo(new[] { "step-send", "step-away", "step-back" }));
        await page.HasNoProblemsAsync();
    }

    [Test]
    public async Task Page_MissesNothing_WhenTheNodeIsKilledAndComesBack()
    {
        await using NodeProcess node = await NodeProcess.StartPlainAsync();
        await using DemoPage page = await DemoPage.OpenAsync(node.Address.ToString());
        await page.SendAsync("before");
        await node.KillAsync();
        await page.SeesAsync("state(0) === 'offline' && state(1) === 'offline' && part(0, 'detail').textContent.includes('trying again')");
        await page.SendAsync("lost");
        await page.SeesAsync("$('answer').textContent.startsWith('no answer')");

        await node.StartAsync();
        await page.SeesAsync("state(0) === 'live' && state(1) === 'live'");
        await page.SendAsync("after");

        await page.SeesAsync("said(0).join() === 'before,after' && said(1).join() === 'before,after'");
        await page.HasNoProblemsAsync();
    }

    [Test]
    public async Task SecondDevice_MayGoAndComeBack_AndBeAnybody()
    {
        await using RunningNode node = await RunningNode.StartAsync();
        await using DemoPage page = await DemoPage.OpenAsync(node.Origin);

        await page.DoAsync("part(1, 'remove').click()");
        await page.SeesAsync("!panel(1) && location.hash === '#laptop=alice&phone='");
        await page.SendAsync("while there was one");
        await page.DoAsync("$('open-second').click()");
        await page.SeesAsync("state(1) === 'live' && said(1).join() === 'while there was one' && facts(1)[0].includes('replayed')");
        await page.DoAsync("write(part(1, 'user'), 'zoë?')");
        await page.SeesAsync("state(1) !== 'live' && part(1, 'detail').textContent.includes('is no user id')");
        await page.DoAsync("write(part(1, 'user'), 'zoe')");
        await page.SeesAsync("state(1) === 'live' && location.hash === '#laptop=alice&phone=zoe'");
        Assert.That(await page.ReadAsync("said(1)"), Is.Empty, "what Alice got is not shown to another");
        await page.SendAsync("to alice");
        await page.SeesAsync("said(0).at(-1) === 'to alice'");
        Assert.That(await page.ReadAsync("said(1)"), Is.Empty);
        await page.HasNoProblemsAsync();
    }

    [Test]
    public async Task WhateverIsWritten_IsShownAsText()
    {
        const string Hostile = "<img src=x onerror=\"document.title=1\"></script><script>document.title=1</script>${document.title=1}";
        await using RunningNode node = await RunningNode.StartAsync();
        await using DemoPage page = await DemoPage.OpenAsync(node.Origin);
        string hostile = System.Text.Json.JsonSerializer.Serialize(Hostile);

        await page.SendAsync(Hostile);
        await page.SeesAsync($"said(0).at(-1) === {hostile} && $('code').textContent.includes('<img src=x')");
        await page.DoAsync("choose('kind', 'json')");
        await page.SendAsync($$"""{{{hostile}}:{{hostile}},"__proto__":1,"text":{{hostile}}}""");
        await page.SeesAsync("said(0).length === 2 && said(1).length === 2");
        await page.SendAsync("null");
        await page.SeesAsync("said(0).at(-1) === 'null'");
        await page.DoAsync($"$('data').value = '{{'; $('send').requestSubmit()");
        await page.SeesAsync("$('data-problem').textContent.includes('no JSON') && $('data').getAttribute('aria-invalid') === 'true'");
        await page.DoAsync($"write($('event'), {hostile})");
        await page.SendAsync("1");
        await page.SeesAsync("$('answer').textContent.startsWith('400')");
        await page.DoAsync($"write($('event'), ''); write(part(1, 'topics'), {hostile})");
        await page.SeesAsync("part(1, 'detail').textContent !== ''");
        await page.DoAsync($"write(part(1, 'device'), {hostile})");
        await page.SeesAsync($"part(1, 'name').textContent === {hostile} && state(1) === 'refused'");
        await page.DoAsync($"write(part(0, 'user'), {hostile}); $('send').requestSubmit()");
        await page.SeesAsync("part(0, 'detail').textContent.includes('is no user id')");

        Assert.That(await page.ReadTextAsync("document.title"), Is.EqualTo("PushNode"));
        Assert.That(await page.IsAsync("document.querySelector('img, main script')"), Is.False);
        await page.HasNoProblemsAsync();
    }

    [Test]
    public async Task CodeThatIsShown_DoesTheSame()
    {
        const string Text = "it's \"quoted\" \\ $HOME `pwd` \u2028 <b> 日本 // no remark";
        await using RunningNode node = await RunningNode.StartAsync();
        await using DemoPage page = await DemoPage.OpenAsync(node.Origin);
        await page.SeesAsync("$('code').textContent.includes('new PushNode(') && /token: async \\(\\) => 'eyJhbGci….{4}'/.test($('code').textContent)");
        Assert.That(await page.CopyAsync(), Does.Match(@"'eyJ[\w-]+\.[\w-]+\.[\w-]+'"), "the token is whole in what is copied");
        await page.SendAsync(Text);

        Task<int> js = RunAsync("node", "--input-type=module", "-e", await page.CopyAsync());
        Assert.That(await js, Is.Zero);
        await page.SeesAsync("said(0).length === 2");
        await page.DoAsync("$('tab-curl').click()");
        Assert.That(await RunAsync("bash", "-c", await page.CopyAsync()), Is.Zero);
        await page.SeesAsync("said(0).length === 3");

        Assert.That(await page.ReadAsync("said(0)"), Is.EqualTo(new[] { Text, Text, Text }));
        await page.SeesAsync("way()[0].startsWith('Accepted') && $('step-elsewhere').classList.contains('done')");
        await page.HasNoProblemsAsync();
    }

    [Test]
    public async Task NodeWithKeys_AsksForThem_AndKeepsThemInMemoryOnly()
    {
        await using RunningNode node = await RunningNode.StartAsync([$"Auth:Jwt:Secret={Tokens.Secret}", $"Collect:ApiKeys:0={ApiKey}"]);
        await using DemoPage page = await DemoPage.OpenAsync(node.Origin);
        string token = Tokens.For("alice", ["*"]);
        Assert.That(await page.IsAsync("state(0) === 'not connected' && !panel(1) && part(0, 'user').offsetParent === null && part(0, 'token').offsetParent"), Is.True);

        await page.DoAsync("part(0, 'token').value = 'wrong'; part(0, 'switch').click()");
        await page.SeesAsync("state(0) === 'refused' && part(0, 'detail').textContent.includes('4401')");
        await page.DoAsync($"write(part(0, 'token'), '{token}')");
        await page.SeesAsync("state(0) === 'live' && part(0, 'who').textContent === 'alice'");
        await page.DoAsync("$('open-second').click()");
        await page.SeesAsync("state(1) === 'live'");
        Assert.That(await page.CopyAsync(), Does.Contain("YOUR_TOKEN").And.Not.Contains(token));
        await page.SendAsync("no key");
        await page.SeesAsync("$('answer').textContent.startsWith('401')");
        await page.DoAsync($"write($('key'), '{ApiKey}')");
        await page.SendAsync("with a key");

        await page.SeesAsync("said(0).join() === 'with a key' && said(1).join() === 'with a key'");
        await page.SeesAsync("way().at(-1).includes('laptop') && way().at(-1).includes('phone')");
        Assert.That(await page.CopyAsync(), Does.Contain("YOUR_API_KEY").And.Not.Contains(ApiKey));
        Assert.That(await page.ReadTextAsync("JSON.stringify([{...localStorage}, {...sessionStorage}, location.href, document.cookie])"), Does.Not.Contain(token).And.Not.Contains(ApiKey));
        await page.HasNoProblemsAsync();
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

    [Test]
    public async Task Keyboard_ReachesEverything_AndTheFocusIsSeen()
    {
        const string Reachable = """
            [...document.querySelectorAll('a[href], button:not(:disabled), input, textarea, select, [tabindex]')]
              .filter(e => e.tabIndex >= 0 && e.offsetParent !== null && !(e.type === 'radio' && !e.checked))
            """;
        await using RunningNode node = await RunningNode.StartAsync();
        await using DemoPage page = await DemoPage.OpenAsync(node.Origin);
        await page.DoAsync("$('options').open = true; $('data').focus()");
        await page.Browser.PressAsync("Enter");
        await page.SeesAsync("said(0).length === 1 && said(1).length === 1");

        // The browser's own controls are passed, too, before the first one is there again.
        int stops = (await page.Browser.EvaluateAsync($"{Reachable}.length")).GetInt32();
        await page.DoAsync("window.reached = new Set(); window.unseen = [];");
        for (int i = 0; i < stops + 10; i++)
        {
            await page.Browser.PressAsync("Tab");
            await page.DoAsync("""
                reached.add(document.activeElement);
                if (document.activeElement !== document.body && getComputedStyle(document.activeElement.closest('.choice > label') ?? document.activeElement).outlineStyle === 'none')
                  unseen.push(document.activeElement.outerHTML.slice(0, 80));
                """);
        }

        Assert.That(stops, Is.GreaterThan(20));
        Assert.That(await page.ReadAsync($"{Reachable}.filter(e => !reached.has(e)).map(e => e.outerHTML.slice(0, 80))"), Is.Empty);
        Assert.That(await page.ReadAsync("unseen"), Is.Empty);
    }

    [TestCase(360)]
    [TestCase(800)]
    public async Task NarrowScreen_HasNothingBesideIt(int width)
    {
        await using RunningNode node = await RunningNode.StartAsync();
        await using DemoPage page = await DemoPage.OpenAsync(node.Origin, $"#laptop={new string('a', 128)}&phone={new string('b', 128)}");
        await page.Browser.SetScreenAsync(width, 740);
        await page.SendAsync(new string('w', 400));
        await page.DoAsync("choose('kind', 'json')");
        await page.SendAsync($$"""{"{{new string('k', 100)}}":["{{new string('v', 300)}}"]}""");
        await page.DoAsync("$('options').open = true; choose('to', 'user'); part(1, 'switch').click()");
        await page.SeesAsync("said(0).length === 2 && way().length > 5 && state(1) === 'offline'");

        Assert.That(await page.IsAsync("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), Is.True);
        Assert.That(await page.ReadAsync("[...document.querySelectorAll('button, input, textarea, .card')].filter(e => e.offsetParent && e.getBoundingClientRect().right > innerWidth).map(e => e.outerHTML.slice(0, 80))"), Is.Empty);
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(program, arguments);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await process.WaitForExitAsync(deadline.Token);
        return process.ExitCode;
    }
}
