using System.IO.Compression;
using System.Text.Json;
using PushNode.Tests.Commands;
using PushNode.Tests.Support;

namespace PushNode.Tests.Pages;

/// <summary>The client library in Node, by the scenarios of <c>client.mjs</c>; each process has to end by itself once its clients are closed.</summary>
internal sealed class ClientLibraryTests
{
    private static readonly string Folder = Path.Combine(SourceTree.Root, "PushNode", "Pages", "client");

    [Test]
    public async Task Everything_OverBothTransports_IsInOrder_NoneLost_NoneTwice()
    {
        await using NodeProcess node = await NodeProcess.StartAsync();
        JsonElement result = await RunAsync("everything", node);

        Check("websocket", [1, 2, 4, 3, 6], user: 3);
        // The second device has what the user was sent before, too.
        Check("sse", [1, 4, 6, 1, 2, 3, 4, 6], user: 6);

        void Check(string transport, int[] data, int user)
        {
            JsonElement seen = result.GetProperty(transport);
            Assert.That(seen.GetProperty("transport").GetString(), Is.EqualTo(transport));
            // Channels have no order between them.
            Assert.That(Numbers(seen.GetProperty("data")), Is.EquivalentTo(data));
            Assert.That(seen.GetProperty("by").ToString(), Is.EqualTo($$"""{"user":{{user}},"all":1,"topic":1,"event":1}"""));
            Assert.That(seen.GetProperty("topics").ToString(), Is.EqualTo("""[".b"]"""));
            Assert.That(seen.GetProperty("refused").GetString(), Is.EqualTo("bad_name"));
            Assert.That(seen.GetProperty("errors").ToString(), Is.EqualTo("""["handler"]"""), "a handler that throws harms nobody else");
        }
    }

    [Test]
    public async Task Waits_AreSpreadOverTheirWholeRange_WhichDoubles()
    {
        JsonElement waits = await NodeScript.RunAsync("--experimental-websocket", "client.mjs", "jitter", $"http://127.0.0.1:{Ports.Next()}/", Tokens.Secret);

        int most = 200;
        foreach (JsonElement wait in waits.EnumerateArray())
        {
            int[] all = Numbers(wait);
            Assert.That(all, Has.All.InRange(0, most));
            Assert.That(all.Average(), Is.EqualTo(most / 2.0).Within(most / 8.0), "full jitter: anything between nothing and the most");
            Assert.That(all.Count(w => w < most / 4), Is.InRange(20, 85), "a quarter of 200 in the first quarter");
            Assert.That(all.Count(w => w > most * 3 / 4), Is.InRange(20, 85), "and in the last one");
            most = Math.Min(2 * most, 1600);
        }
    }

    [Test]
    public async Task Tokens_AreRenewedInTime_AndThriceRefusedIsTheEnd()
    {
        JsonElement result = await RunAsync("tokens");

        foreach (string transport in (string[])["websocket", "sse"])
        {
            JsonElement seen = result.GetProperty(transport);
            Assert.That(seen.GetProperty("calls").GetInt32(), Is.EqualTo(4));
            Assert.That(seen.GetProperty("connecting").GetInt32(), Is.EqualTo(transport == "sse" ? 4 : 1), "a WebSocket stays, a stream is opened again");
            Assert.That(seen.GetProperty("offline").GetArrayLength(), Is.Zero);
            Assert.That(seen.GetProperty("refused").ToString(), Does.Match("""^{"calls":3,"code":4401,"state":"refused","waits":\[0,\d+\]}$"""), "at once, and after a wait");
        }

        Assert.That(result.GetProperty("other").ToString(), Is.EqualTo("[4401]"));
    }

    [Test]
    public async Task ManualAcknowledgement_WaitsForTheHandler_AndARejectedMessageComesAgainFirst()
    {
        JsonElement result = await RunAsync("manual");

        Assert.That(result.GetProperty("log").ToString(), Is.EqualTo("""["+1","-1","+2","-2","+2","-2","+2","-2","+3","-3"]"""));
        Assert.That(result.GetProperty("early").GetBoolean(), Is.False, "not acknowledged before its handler has resolved");
        Assert.That(result.GetProperty("errors").ToString(), Is.EqualTo("""["handler","handler"]"""));
    }

    [Test]
    public async Task SlowHandlers_DisconnectAtAThousandWaiting_AndNothingIsLostOrTwice()
    {
        JsonElement result = await RunAsync("backlog");

        Assert.That(result.GetProperty("inOrder").GetBoolean(), Is.True);
        Assert.That(result.GetProperty("connections").GetBoolean(), Is.False);
        Assert.That(result.GetProperty("backlogs").GetInt32(), Is.EqualTo(1));
    }

    [Test]
    public async Task Refusal_WithRetryAfter_IsWaitedFor()
    {
        await using NodeProcess node = await NodeProcess.StartAsync("--Push:MaxConnectionsPerUser", "1");

        JsonElement result = await RunAsync("wait", node);

        foreach (string transport in (string[])["websocket", "sse"])
        {
            Assert.That(result.GetProperty(transport).GetProperty("code").GetInt32(), Is.EqualTo(4429));
            Assert.That(result.GetProperty(transport).GetProperty("retryInMs").GetInt32(), Is.InRange(5000, 5050), "what the server says, and jitter");
        }
    }

    [Test]
    public async Task Close_AtAnyMoment_EndsEverything()
    {
        JsonElement result = await RunAsync("close");

        foreach (JsonElement seen in result.EnumerateArray())
        {
            Assert.That(seen.GetProperty("states").ToString(), Is.EqualTo("""["closed","connecting,closed","connecting,closed"]"""));
            Assert.That(seen.GetProperty("data").GetInt32(), Is.EqualTo(1), "nothing is handed over after close()");
            Assert.That(seen.GetProperty("pending").GetString(), Is.EqualTo("closed"));
            Assert.That(seen.GetProperty("again").GetString(), Is.EqualTo("connecting,live,closed,connecting,live,closed"));
        }
    }

    [Test]
    public async Task Storage_IsWhereTheNextRunGoesOn_UntilTheStoreIsAnotherOne()
    {
        using var folder = new TemporaryFolder();
        await using NodeProcess node = await NodeProcess.StartAsync();
        using var producer = new Producer(node.Address);
        await producer.PushToAsync("stored", "1");
        JsonElement first = await RunAsync("stored", node, folder.File("storage"));
        await producer.PushToAsync("stored", "2");
        JsonElement second = await RunAsync("stored", node, folder.File("storage"));
        await node.StopAsync();
        await PushNodeProcess.RunAsync(node.Data, ["renew-epoch", "--data", node.Data]);
        await node.StartAsync();
        JsonElement third = await RunAsync("stored", node, folder.File("storage"));

        Assert.That(first.GetProperty("data").ToString(), Is.EqualTo("[1]"));
        Assert.That(second.GetProperty("data").ToString(), Is.EqualTo("[2]"));
        Assert.That(third.GetProperty("data").ToString(), Is.EqualTo("[1,2]"), "everything that is kept");
        Assert.That(third.GetProperty("resets").ToString(), Does.Contain("user:stored"));
        Assert.That(File.ReadAllText(folder.File("storage")), Does.Not.Contain("eyJ"), "no token is stored");
    }

    // What has to come out of a scenario, as JSON.
    [TestCase("storm", """{"websocket":{"codes":["bad_name","bad_name","bad_name"],"topics":["42"],"connecting":1,"refused":false},"sse":{"codes":["bad_name","bad_name","bad_name"],"topics":["42"],"connecting":2,"refused":false}}""")]
    [TestCase("forbidden", """{"websocket":{"topics":100,"errors":["topic_not_allowed","topic_not_allowed","too_many_topics","too_many_topics"],"code":"topic_not_allowed","many":["too_many_topics","too_many_topics"]},"sse":{"topics":100,"errors":["topic_not_allowed","topic_not_allowed","too_many_topics","too_many_topics"],"code":"topic_not_allowed","many":["too_many_topics","too_many_topics"]}}""")]
    [TestCase("stale", """{"errors":["token","token","token","token"],"transport":"websocket","refused":false}""")]
    [TestCase("patience", """{"requests":1,"wait":36000""")]
    [TestCase("garbage", """{"kept":["live false","live false","live true","live true","live true","live true","live true","live true"],"distinct":true}""")]
    [TestCase("once", """{"websocket":{"data":["websocket0","websocket1","websocket2"],"acknowledged":true},""")]
    [TestCase("crowded", "[100,true]")]
    [TestCase("options", """{"faults":["TypeError","TypeError","TypeError","TypeError","TypeError","TypeError"],"topics":["news"],"few":true,"labelled":0}""")]
    public async Task WhatGoesWrongElsewhere_IsBorne(string scenario, string expected)
    {
        JsonElement result = await RunAsync(scenario);

        Assert.That(result.ToString(), Does.StartWith(expected));
    }

    [Test]
    public void Library_IsSmall_AndReadable()
    {
        byte[] code = File.ReadAllBytes(Path.Combine(Folder, "client.js"));
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
            gzip.Write(code);

        Assert.That(packed.Length, Is.LessThan(6144));
        Assert.That(File.ReadAllText(Path.Combine(Folder, "client.js")), Does.Not.Contain("innerHTML").And.Not.Contains("eval("));
    }

    [Test]
    public async Task Package_HoldsWhatIsNeeded_AndNothingElse()
    {
        JsonElement pack = await NodeScript.RunAsync("pack.mjs", Folder);

        Assert.That(pack.EnumerateArray().Select(f => f.GetString()), Is.EquivalentTo(new[] { "LICENSE", "README.md", "client.d.ts", "client.js", "package.json" }));
    }

    [Test]
    public async Task Types_FitTheLibrary()
    {
        JsonElement result = await NodeScript.RunAsync("types.mjs", Folder);

        Assert.That(result.ToString(), Is.EqualTo("[]"));
    }

    private static async Task<JsonElement> RunAsync(string scenario, NodeProcess? node = null, params string[] more) =>
        await NodeScript.RunAsync("--experimental-websocket", ["client.mjs", scenario, (node ?? await SharedNode.GetAsync()).Address.ToString(), Tokens.Secret, .. more]);

    private static int[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetInt32())];
}
