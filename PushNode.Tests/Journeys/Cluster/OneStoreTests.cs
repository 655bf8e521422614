using System.Net;
using System.Text.Json;
using PushNode.Tests.Support;

namespace PushNode.Tests.Journeys.Cluster;

/// <summary>One node stores: none answers 202 while another one may be it.</summary>
internal sealed class OneStoreTests
{
    private const string Message = """{"userId":"alice","data":1}""";

    private static readonly string[] Settings = ["--Redis:NodeLifetime", "00:00:03", "--Drain:Window", "00:00:04"];

    private TestCluster cluster = null!;

    [SetUp]
    public async Task StartAsync() => cluster = await TestCluster.StartAsync();

    [TearDown]
    public ValueTask StopAsync() => cluster.DisposeAsync();

    [Test]
    public async Task NodeThatNeverStored_StartedWithoutRedis_TakesNothing_AndDoesNotBeatTheOneThatStores()
    {
        NodeProcess first = await cluster.AddAsync("auth,collect,dispatch", Settings);
        using var producer = new Producer(first.Address);
        await producer.PushToAsync("alice");
        await cluster.Redis.KillAsync();
        NodeProcess second = cluster.Prepare("auth,collect,dispatch,push", Settings);
        second.Launch();
        using var stranger = new Producer(second.Address);
        await Eventually.BecomesTrueAsync(() => second.Output.Contains("listens on", StringComparison.Ordinal), "the second one listens");

        (HttpStatusCode status, JsonElement answer) = await stranger.PostAsync(Message);
        Assert.That((status, answer.GetProperty("code").GetString()), Is.EqualTo((HttpStatusCode.ServiceUnavailable, "unavailable")));
        Assert.That(answer.GetProperty("detail").GetString(), Does.Contain("another node may be the one that stores"));
        Assert.That(await ReadinessAsync(second), Does.Contain("store: it is not known yet whether another node stores"));
        await producer.PushToAsync("alice");

        await cluster.Redis.StartAsync();
        Task<int> ended = second.WaitForExitAsync();
        await Eventually.BecomesTrueAsync(
            async () =>
            {
                await producer.PushToAsync("alice");
                return ended.IsCompleted || await TryPostAsync(stranger) == HttpStatusCode.Accepted;
            },
            "the second one has decided",
            TimeSpan.FromSeconds(40));
        Assert.That(await ended, Is.EqualTo(1), second.Output);
        await producer.PushToAsync("alice");
    }

    [Test]
    public async Task ClaimOfANodeThatNeverWas_DoesNotStopTheOneThatStores()
    {
        NodeProcess node = await cluster.AddAsync("auth,collect,dispatch", Settings);
        using var producer = new Producer(node.Address);

        await cluster.Redis.CommandAsync("SET", "pn:store", """{"address":"127.0.0.1:9","incarnation":"abc","epoch":"e","term":99,"since":1}""");

        await Eventually.BecomesTrueAsync(
            async () =>
            {
                await producer.PushToAsync("alice");
                return (await cluster.Redis.CommandAsync("GET", "pn:store"))[0].Contains("\"term\":1", StringComparison.Ordinal);
            },
            "the claim is its own again");
        await producer.PushToAsync("alice");
    }

    [Test]
    public async Task StoreThatWasSuspended_WhileAnotherTookOver_NeverAnswers202Again()
    {
        // With a client, which takes a while to be sent away.
        NodeProcess first = await cluster.AddAsync("auth,collect,dispatch,push", Settings);
        await using TestClient client = await TestClient.ConnectAsync(first.Address, Tokens.For("alice"), "device=phone");
        await client.WaitForAsync("live", "user:alice");
        using var producer = new Producer(first.Address);
        await producer.PushToAsync("alice");

        first.Pause();
        NodeProcess second = await cluster.AddAsync("auth,collect,dispatch", Settings);
        Task<HttpStatusCode>[] asked = [.. Enumerable.Range(0, 20).Select(_ => TryPostAsync(producer))];
        first.Continue();
        HttpStatusCode[] answers = await Task.WhenAll(asked);
        var later = new List<HttpStatusCode>();
        Task<int> ended = first.WaitForExitAsync();
        while (!ended.IsCompleted)
            later.Add(await TryPostAsync(producer));

        Assert.That(answers, Is.All.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(later, Has.None.EqualTo(HttpStatusCode.Accepted).And.Some.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(await ended, Is.EqualTo(1), first.Output);
        using var right = new Producer(second.Address);
        await right.PushToAsync("alice");
    }

    [Test]
    public async Task StoreThatWasSuspended_AndNobodyTookOver_GoesOn()
    {
        NodeProcess node = await cluster.AddAsync("auth,collect,dispatch", Settings);
        using var producer = new Producer(node.Address);
        node.Pause();
        await Eventually.BecomesTrueAsync(async () => (await cluster.Redis.CommandAsync("EXISTS", "pn:store"))[0] == "0", "its claim has lapsed");

        node.Continue();

        await Eventually.BecomesTrueAsync(async () => await TryPostAsync(producer) == HttpStatusCode.Accepted, "it stores again");
    }

    [Test]
    public async Task StoreThatGivesUp_RefusesFromThatMomentOn_WhileItDrains()
    {
        string address = $"127.0.0.1:{Ports.Next()}";
        NodeProcess first = await cluster.AddAsync("auth,collect,dispatch,push", Settings);
        await cluster.AddAsync("push", ["--Cluster:Listen", $"http://{address}", .. Settings]);
        await using TestClient client = await TestClient.ConnectAsync(first.Address, Tokens.For("alice"), "device=phone");
        await client.WaitForAsync("live", "user:alice");
        using var producer = new Producer(first.Address);
        string incarnation = JsonDocument.Parse((await cluster.Redis.CommandAsync("GET", $"pn:node:{address}"))[0]).RootElement.GetProperty("incarnation").GetString()!;

        await cluster.Redis.CommandAsync("SET", "pn:store", $$"""{"address":"{{address}}","incarnation":"{{incarnation}}","epoch":"e","term":99,"since":1}""");
        await Eventually.BecomesTrueAsync(() => first.Output.Contains("so this one ends", StringComparison.Ordinal), "it gives up");

        Assert.That(await TryPostAsync(producer), Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(await ReadinessAsync(first), Does.Contain($"store: the node {address} stores the messages of this cluster"));
        Assert.That(await first.WaitForExitAsync(), Is.EqualTo(1));
    }

    private static async Task<HttpStatusCode> TryPostAsync(Producer producer)
    {
        try
        {
            return (await producer.PostAsync(Message)).Status;
        }
        catch (HttpRequestException)
        {
            return 0;
        }
    }

    private static async Task<string> ReadinessAsync(NodeProcess node)
    {
        using var http = new HttpClient();
        using HttpResponseMessage answer = await http.GetAsync(new Uri(node.Address, "readyz"));
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        return await answer.Content.ReadAsStringAsync();
    }
}
