using System.Diagnostics;
using System.Net;
using System.Net.WebSockets;
using System.Text.Json;
using PushNode.Tests.Support;

namespace PushNode.Tests.Journeys;

/// <summary>
/// Once /collect has answered 202 for a durable message, every device of the user gets it, in order, at least once, whatever the process dies of; nobody
/// else gets it.
/// </summary>
internal sealed class PromiseTests
{
    private const int Users = 12;
    private const int Producers = 8;
    private const int Kills = 5;

    private static readonly string[] Devices = ["phone", "laptop"];
    private static readonly TimeSpan BetweenKills = TimeSpan.FromSeconds(1.2);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Ledger ledger = new();
    private readonly CancellationTokenSource producing = new();
    private readonly CancellationTokenSource listening = new();

    [Test]
    [CancelAfter(120_000)]
    public async Task KilledAndRestarted_LosesNothing(CancellationToken cancellationToken)
    {
        await using NodeProcess node = await NodeProcess.StartAsync("--Push:ProofInterval", "00:00:00.5");
        Task[] clients = [.. Enumerable.Range(0, Users).SelectMany(user => Devices.Select(device => ListenAsync(node.Address, $"user{user}", device)))];
        Task<int>[] producers = [.. Enumerable.Range(0, Producers).Select(number => ProduceAsync(node.Address, number))];

        for (int kill = 0; kill < Kills; kill++)
        {
            // Traffic has to go on for a while between the kills: time is what is meant here.
            await Task.Delay(BetweenKills, cancellationToken);
            await node.KillAsync();
            await node.StartAsync();
        }

        int promisedAtLastKill = ledger.Promised;
        await Eventually.BecomesTrueAsync(() => ledger.Promised > promisedAtLastKill + 100, "producers are served after the last kill");
        await producing.CancelAsync();
        int repeats = (await Task.WhenAll(producers)).Sum();
        TestContext.Out.WriteLine($"{ledger.Promised} messages promised, {repeats} posts repeated, {Kills} kills");
        await HaveEverythingAsync();
        await listening.CancelAsync();
        await Task.WhenAll(clients);

        Assert.That(ledger.FindViolations().Take(20), Is.Empty);
    }

    // Gives up after a while: what is missing then is in the violations.
    private async Task HaveEverythingAsync()
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < Patience && !Enumerable.Range(0, Users).All(user => Devices.All(device => ledger.HasAll($"user{user}", device))))
            await Task.Delay(50);
    }

    // A producer repeats a post with the same id until it is answered, as the documentation tells it to.
    private async Task<int> ProduceAsync(Uri node, int number)
    {
        using var producer = new Producer(node);
        int repeats = 0;
        long lastSeq = 0;
        for (int count = 0; !producing.IsCancellationRequested; count++)
        {
            string user = $"user{(count + number) % Users}";
            string id = $"p{number}-{count}";
            while (true)
            {
                try
                {
                    (HttpStatusCode status, JsonElement answer) = await producer.PostAsync($$"""{"userId":"{{user}}","id":"{{id}}","data":[{{count}},{{lastSeq}}]}""");
                    if (status is HttpStatusCode.Accepted or HttpStatusCode.OK)
                    {
                        lastSeq = answer.GetProperty("seq").GetInt64();
                        ledger.Promise(user, lastSeq, id);
                        break;
                    }
                }
                catch (Exception e) when (e is HttpRequestException or IOException)
                {
                    // The node is down: its turn comes again.
                }

                repeats++;
                await Task.Delay(20);
            }
        }

        return repeats;
    }

    // A device that comes and goes: by itself, or because the node has died.
    private async Task ListenAsync(Uri node, string user, string device)
    {
        var random = new Random(HashCode.Combine(user, device));
        while (!listening.IsCancellationRequested)
        {
            try
            {
                string ack = random.Next(2) == 0 ? "auto" : "manual";
                TestClient client = await TestClient.ConnectAsync(node, Tokens.For(user), $"device={device}&ack={ack}");
                var reading = new Reading(ledger, client, user, device);
                await using (client)
                {
                    // Once the producers are done it stays, so that the end can come.
                    long stay = producing.IsCancellationRequested ? long.MaxValue : random.Next(50, 1500);
                    await ReadAsync(client, reading, ack == "manual", stay);
                }

                // What came in the last moment may have been proved by a pong: it counts as received.
                reading.Advance();
            }
            catch (Exception e) when (e is WebSocketException or HttpRequestException or IOException or OperationCanceledException)
            {
                await Task.Delay(random.Next(10, 100));
            }
        }
    }

    private async Task ReadAsync(TestClient client, Reading reading, bool acknowledge, long stayMilliseconds)
    {
        long start = Stopwatch.GetTimestamp();
        long acknowledged = 0;
        while (!client.HasEnded && !listening.IsCancellationRequested && Stopwatch.GetElapsedTime(start).TotalMilliseconds < stayMilliseconds)
        {
            reading.Advance();
            if (acknowledge && reading.Last > acknowledged)
            {
                acknowledged = reading.Last;
                await client.SendAsync($$"""{"type":"ack","seq":{{acknowledged}}}""");
            }

            await Task.Delay(10);
        }
    }

    /// <summary>Takes what one connection has received into the ledger.</summary>
    private sealed class Reading(Ledger ledger, TestClient client, string user, string device)
    {
        private int seen;

        public long Last { get; private set; }

        public void Advance()
        {
            foreach (JsonElement message in client.Messages.Skip(seen))
            {
                seen++;
                long seq = message.GetProperty("seq").GetInt64();
                ledger.Receive(user, device, message.GetProperty("channel").GetString()!, Last, seq, message.GetProperty("id").GetString()!);
                Last = seq;
            }
        }
    }
}
