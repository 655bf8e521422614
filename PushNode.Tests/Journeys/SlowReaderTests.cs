using System.Diagnostics;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using PushNode.Push;
using PushNode.Tests.Push;
using PushNode.Tests.Support;

namespace PushNode.Tests.Journeys;

/// <summary>A client that stops reading costs bounded memory, slows nobody, and gets everything when it reads again.</summary>
internal sealed class SlowReaderTests
{
    private const int Messages = 100_000;
    private const int BatchLines = 5_000;

    [Test]
    [CancelAfter(120_000)]
    public async Task ClientThatStopsReading_IsBounded_AndGetsEverythingLater(CancellationToken cancellationToken)
    {
        using var folder = new TemporaryFolder();
        var address = new Uri($"http://127.0.0.1:{Ports.Next()}/");
        await using WebApplication node = PushNodeApp.Build(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Urls"] = address.ToString(),
            ["Data"] = folder.File("data"),
            ["Auth:Jwt:Secret"] = Tokens.Secret,
            ["Push:WriteTimeout"] = "00:05:00",
            // Much more than the system's buffers take, so that it is the outbox that fills.
            ["Push:UnprovedBytes"] = "67108864",
            ["Logging:LogLevel:Default"] = "Warning",
        }).Build());
        await node.StartAsync(cancellationToken);
        var options = node.Services.GetRequiredService<PushOptions>();
        var hub = node.Services.GetRequiredService<Hub>();
        await using RawWebSocket slow = await RawWebSocket.ConnectAsync(address, Tokens.For("alice"), "device=slow&ack=manual");
        await slow.ReadUntilAsync("live");
        await using TestClient quick = await TestClient.ConnectAsync(address, Tokens.For("alice"), "device=quick");
        await using TestClient other = await TestClient.ConnectAsync(address, Tokens.For("bob"));
        await quick.WaitForAsync("live", "user:alice");
        await other.WaitForAsync("live", "user:bob");
        Connection stalled = hub.ConnectionsOf("alice").Single(c => c.Device == "slow");

        int mostPending = 0;
        using var producer = new Producer(address);
        for (int sent = 0; sent < Messages; sent += BatchLines)
        {
            await PostBatchAsync(address, sent, cancellationToken);
            mostPending = Math.Max(mostPending, stalled.Outbox.PendingBytes);
        }

        long start = Stopwatch.GetTimestamp();
        await producer.PushToAsync("bob");
        await other.WaitForMessagesAsync(1);
        TimeSpan bystander = Stopwatch.GetElapsedTime(start);
        await quick.WaitForMessagesAsync(Messages);

        Assert.That(stalled.IsClosed, Is.False);
        Assert.That(mostPending, Is.InRange(1, options.OutboxBytes + (64 * 1024)));
        Assert.That(stalled.Find(PushNode.Messages.Channel.User("alice"))!.State, Is.EqualTo(SubscriptionState.Behind));
        Assert.That(bystander, Is.LessThan(TimeSpan.FromSeconds(5)));
        for (int expected = 1; expected <= Messages; expected++)
        {
            string message = await slow.ReadUntilAsync("message");
            Assert.That(message, Does.Contain($"\"seq\":{expected},"));
        }

        await node.StopAsync(cancellationToken);
        TestContext.Out.WriteLine($"at most {mostPending} bytes waited for the stalled client; a bystander's message took {bystander.TotalMilliseconds:0} ms");
    }

    private static async Task PostBatchAsync(Uri node, int first, CancellationToken cancellationToken)
    {
        var lines = new StringBuilder();
        for (int n = first; n < first + BatchLines; n++)
            lines.Append(System.Globalization.CultureInfo.InvariantCulture, $$"""{"userId":"alice","data":[{{n}},"a message of the size that messages often have"]}""").Append('\n');
        using var http = new HttpClient();
        using var content = new StringContent(lines.ToString());
        content.Headers.ContentType = new("application/x-ndjson");
        using HttpResponseMessage response = await http.PostAsync(new Uri(node, "collect/batch"), content, cancellationToken);
        string answers = await response.Content.ReadAsStringAsync(cancellationToken);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(answers.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(BatchLines).And.All.Contains("\"status\":202"));
    }
}
