using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using PushNode.Tests.Support;

namespace PushNode.Tests.Journeys.Cluster;

/// <summary>A node whose clock is wrong does no harm: what has to be told apart in time is told by one clock.</summary>
internal sealed class ClocksTests
{
    [TestCase(5)]
    [TestCase(-5)]
    public async Task APushNode_MinutesOff_DeliversAllTheSame(int minutes)
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        NodeProcess collect = await cluster.AddAsync("auth,collect,dispatch");
        using var folder = new TemporaryFolder();
        var time = new ShiftedTime();
        time.Advance(TimeSpan.FromMinutes(minutes));
        await using WebApplication node = PushNodeApp.Build(Settings(cluster, folder), services => services.AddSingleton<TimeProvider>(time));
        await node.StartAsync();
        var address = new Uri(node.Urls.First());
        using var producer = new Producer(collect.Address);
        using var http = new HttpClient { BaseAddress = address };
        await Eventually.BecomesTrueAsync(async () => (await http.GetAsync(new Uri("readyz", UriKind.Relative))).IsSuccessStatusCode, "the node is ready");

        await producer.PushAsync("\"userId\":\"alice\"", "1", ",\"ttl\":60");
        await using TestClient client = await TestClient.ConnectAsync(address, Tokens.For("alice"), "device=phone");
        await client.WaitForAsync("live", "user:alice");
        await producer.PushAsync("\"userId\":\"alice\"", "2", ",\"ttl\":60");
        await client.WaitForMessagesAsync(2);

        Assert.That(client.Messages.Select(static m => m.GetProperty("data").GetInt32()), Is.EqualTo(new[] { 1, 2 }));
        await node.StopAsync();
    }

    private static IConfiguration Settings(TestCluster cluster, TemporaryFolder folder) =>
        new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Roles"] = "push",
            ["Urls"] = "http://127.0.0.1:0",
            ["Data"] = folder.File("data"),
            ["Logging:LogLevel:Default"] = "None",
            ["Redis:Connection"] = cluster.Redis.Address,
            ["Cluster:Listen"] = $"http://127.0.0.1:{Ports.Next()}",
            ["Cluster:Secret"] = TestCluster.Secret,
            ["Drain:Window"] = "00:00:00",
        }).Build();
}
