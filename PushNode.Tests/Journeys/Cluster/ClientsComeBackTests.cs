using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using PushNode.Tests.Support;

namespace PushNode.Tests.Journeys.Cluster;

/// <summary>Clients whose node or network has gone come back on another node, and get what they are owed.</summary>
[TestFixture(false, TestName = "ClientsComeBackTests(Journal)")]
[TestFixture(true, TestName = "ClientsComeBackTests(Mongo)")]
internal sealed class ClientsComeBackTests(bool onMongo)
{
    private const int Crowd = 2_000;

    private TestCluster cluster = null!;
    private NodeProcess collect = null!;
    private NodeProcess[] push = [];

    [SetUp]
    public async Task StartAsync()
    {
        cluster = await TestCluster.StartAsync(onMongo);
        NodeProcess[] nodes = [cluster.Prepare("collect,dispatch,auth"), cluster.Prepare("push"), cluster.Prepare("push")];
        foreach (NodeProcess node in nodes)
            node.Launch();
        foreach (NodeProcess node in nodes)
            await Eventually.BecomesTrueAsync(node.IsReadyAsync, $"the node on port {node.Port} is ready");
        (collect, push) = (nodes[0], nodes[1..]);
    }

    [TearDown]
    public async Task StopAsync()
    {
        if (cluster is not null)
            await cluster.DisposeAsync();
    }

    [Test]
    public async Task NodeKilled_ItsClientHasItsBacklogOnAnother_WithinASecond()
    {
        using var producer = new Producer(collect.Address);
        await using TestClient first = await TestClient.ConnectAsync(push[0].Address, Tokens.For("alice"), "device=phone");
        await first.WaitForAsync("live", "user:alice");
        await push[0].KillAsync();
        for (int i = 0; i < 100; i++)
            await producer.PushToAsync("alice", i.ToString(CultureInfo.InvariantCulture));

        long start = Environment.TickCount64;
        await using TestClient second = await TestClient.ConnectAsync(push[1].Address, Tokens.For("alice"), "device=phone");
        await second.WaitForMessagesAsync(100);

        TestContext.Out.WriteLine($"a backlog of 100 was there {Environment.TickCount64 - start} ms after the client began to connect");
        Assert.That(second.Messages.Select(static m => m.GetProperty("data").GetInt32()), Is.EqualTo(Enumerable.Range(0, 100)));
    }

    [Test]
    public async Task NetworkGoneWithoutAWord_NothingIsTakenForReceived()
    {
        await using var network = new TestLink(push[0].Port);
        using var producer = new Producer(collect.Address);
        await using TestClient phone = await TestClient.ConnectAsync(network.Address, Tokens.For("alice"), "device=phone");
        await phone.WaitForAsync("live", "user:alice");

        network.State = LinkState.Silent;
        for (int i = 0; i < 50; i++)
            await producer.PushToAsync("alice", i.ToString(CultureInfo.InvariantCulture));
        await using TestClient elsewhere = await TestClient.ConnectAsync(push[1].Address, Tokens.For("alice"), "device=phone");
        await elsewhere.WaitForMessagesAsync(50);

        Assert.That(phone.Messages, Is.Empty);
        Assert.That(elsewhere.Messages.Select(static m => m.GetProperty("data").GetInt32()), Is.EqualTo(Enumerable.Range(0, 50)));
    }

    [Test]
    public async Task ACrowd_WhoseNodeHasDied_ComesBackAtOnce_AndEachGetsItsOwn()
    {
        TestClient[] before = await ConnectAllAsync(push[0]);
        await push[0].KillAsync();
        await PostToAllAsync();

        long start = Environment.TickCount64;
        TestClient[] after = await ConnectAllAsync(push[1]);
        for (int i = 0; i < Crowd; i++)
            await after[i].WaitForMessagesAsync(1);

        TestContext.Out.WriteLine($"{Crowd} clients had come back and had their message after {Environment.TickCount64 - start} ms");
        for (int i = 0; i < Crowd; i++)
            Assert.That(after[i].Messages.Select(static m => m.GetProperty("data").GetInt32()), Is.EqualTo(new[] { i }));
        foreach (TestClient client in before.Concat(after))
            await client.DisposeAsync();
    }

    private static async Task<TestClient[]> ConnectAllAsync(NodeProcess node)
    {
        TestClient[] clients = await Task.WhenAll(Enumerable.Range(0, Crowd).Select(i => TestClient.ConnectAsync(node.Address, Tokens.For($"one{i}"), "device=phone&ack=manual")));
        foreach (TestClient client in clients)
            await client.WaitForAsync("live");
        return clients;
    }

    private async Task PostToAllAsync()
    {
        using var http = new HttpClient { BaseAddress = collect.Address };
        string lines = string.Join('\n', Enumerable.Range(0, Crowd).Select(static i => $$"""{"userId":"one{{i}}","data":{{i}}}"""));
        using var body = new StringContent(lines, Encoding.UTF8, new MediaTypeHeaderValue("application/x-ndjson"));
        using HttpResponseMessage answer = await http.PostAsync(new Uri("collect/batch", UriKind.Relative), body);
        string[] answers = (await answer.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(answers.Count(static a => JsonElement.Parse(a).TryGetProperty("seq", out _)), Is.EqualTo(Crowd));
    }
}
