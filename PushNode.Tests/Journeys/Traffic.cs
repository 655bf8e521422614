using System.Diagnostics;
using System.Net;
using System.Net.WebSockets;
using System.Text.Json;
using PushNode.Tests.Support;

namespace PushNode.Tests.Journeys;

/// <summary>
/// Producers that post and repeat until they are answered, and devices that come and go, by themselves or because a node has died, each time at whatever
/// node the load balancer gives them. Everything is entered in a ledger.
/// </summary>
internal sealed class Traffic : IAsyncDisposable
{
    private static readonly string[] Devices = ["phone", "laptop"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource producing = new();
    private readonly CancellationTokenSource listening = new();
    private readonly int users;
    private Task[] clients = [];
    private Task<int>[] producers = [];

    private Traffic(int users) => this.users = users;

    public Ledger Ledger { get; } = new();

    /// <summary>Posts that had to be repeated.</summary>
    public int Repeats { get; private set; }

    /// <summary>How long producers wait between two posts.</summary>
    private TimeSpan Pause { get; init; }

    /// <summary>How long devices stay, in milliseconds, before they leave by themselves.</summary>
    private int LongestStay { get; init; }

    private Func<Uri> Collect { get; init; } = null!;

    private Func<Uri> Push { get; init; } = null!;

    /// <param name="collect">The node that the next post goes to.</param>
    /// <param name="push">The node that the next connection goes to.</param>
    /// <param name="users">Each with two devices.</param>
    /// <param name="producerCount">How many post at the same time.</param>
    /// <param name="pause">How long each waits between two posts; none by default.</param>
    /// <param name="longestStay">After how many milliseconds at most a device leaves by itself.</param>
    public static Traffic Start(Func<Uri> collect, Func<Uri> push, int users, int producerCount, TimeSpan pause = default, int longestStay = 1500)
    {
        var traffic = new Traffic(users) { Collect = collect, Push = push, Pause = pause, LongestStay = longestStay };
        traffic.clients = [.. Enumerable.Range(0, users).SelectMany(user => Devices.Select(device => traffic.ListenAsync($"user{user}", device)))];
        traffic.producers = [.. Enumerable.Range(0, producerCount).Select(traffic.ProduceAsync)];
        return traffic;
    }

    /// <summary>Waits until this many messages more have been promised.</summary>
    public Task GoOnAsync(int messages)
    {
        int before = Ledger.Promised;
        return Eventually.BecomesTrueAsync(() => Ledger.Promised >= before + messages, $"{messages} messages more are promised", TimeSpan.FromMinutes(1));
    }

    /// <summary>Ends the producers, lets the devices get what they are owed, and returns what broke the promise.</summary>
    public async Task<IReadOnlyList<string>> FinishAsync()
    {
        await producing.CancelAsync();
        Repeats = (await Task.WhenAll(producers)).Sum();
        long start = Stopwatch.GetTimestamp();
        // Gives up after a while: what is missing then is in the violations.
        while (Stopwatch.GetElapsedTime(start) < Patience && !HaveEverything())
            await Task.Delay(50);
        await listening.CancelAsync();
        await Task.WhenAll(clients);
        TestContext.Out.WriteLine($"{Ledger.Promised} messages promised, {Repeats} posts repeated; the slowest reached a device {Ledger.Slowest.TotalMilliseconds:n0} ms after its promise");
        return [.. Ledger.FindViolations().Take(20)];
    }

    public async ValueTask DisposeAsync()
    {
        await producing.CancelAsync();
        await listening.CancelAsync();
        await Task.WhenAll(clients.Concat(producers)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        producing.Dispose();
        listening.Dispose();
    }

    private bool HaveEverything() => Enumerable.Range(0, users).All(user => Devices.All(device => Ledger.HasAll($"user{user}", device)));

    // A producer repeats a post with the same id until it is answered, as the documentation tells it to.
    private async Task<int> ProduceAsync(int number)
    {
        int repeats = 0;
        long lastSeq = 0;
        Producer? producer = null;
        for (int count = 0; !producing.IsCancellationRequested; count++)
        {
            string user = $"user{(count + number) % users}";
            string id = $"p{number}-{count}";
            while (true)
            {
                try
                {
                    producer ??= new Producer(Collect());
                    (HttpStatusCode status, JsonElement answer) = await producer.PostAsync($$"""{"userId":"{{user}}","id":"{{id}}","data":[{{count}},{{lastSeq}}]}""");
                    if (status is HttpStatusCode.Accepted or HttpStatusCode.OK)
                    {
                        lastSeq = answer.GetProperty("seq").GetInt64();
                        Ledger.Promise(user, lastSeq, id);
                        break;
                    }
                }
                catch (Exception e) when (e is HttpRequestException or IOException)
                {
                    // The node is down: another one may be up, or this one again.
                    producer!.Dispose();
                    producer = null;
                }

                repeats++;
                await Task.Delay(20);
            }

            if (Pause > TimeSpan.Zero)
                await Task.Delay(Pause);
        }

        producer?.Dispose();
        return repeats;
    }

    private async Task ListenAsync(string user, string device)
    {
        var random = new Random(HashCode.Combine(user, device));
        while (!listening.IsCancellationRequested)
        {
            try
            {
                string ack = random.Next(2) == 0 ? "auto" : "manual";
                TestClient client = await TestClient.ConnectAsync(Push(), Tokens.For(user), $"device={device}&ack={ack}");
                var reading = new Reading(Ledger, client, user, device);
                await using (client)
                {
                    // Once the producers are done it stays, so that the end can come.
                    long stay = producing.IsCancellationRequested ? long.MaxValue : random.Next(50, LongestStay);
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
