using System.Diagnostics;
using PushNode.Messages;
using PushNode.Storage;

namespace PushNode.Tests.Storage;

/// <summary>How many clients that connect again at the same time the store of another node serves; to be run by name.</summary>
[Explicit("a measurement")]
[NonParallelizable]
internal sealed class RemoteStoreBenchmark
{
    private const int Clients = 2000;
    private const int Backlog = 5;
    private const int Rounds = 5;

    private static readonly Channel News = Channel.Topic("news");

    [Test]
    public async Task Joins()
    {
        await using RemoteStoreUnderTest remote = await new RemoteStoreUnderTest().StartAsync();
        remote.Journal.Disk.ForcesToDisk = true;
        foreach (int chunk in Enumerable.Range(0, Backlog))
            await remote.Journal.Store.AppendAsync([.. Enumerable.Range(0, Clients).Select(i => remote.Journal.CreateMessage(Channel.User($"user{i}"), size: 200))], default);
        int requests = 0;
        remote.Service.Answer = (_, _) =>
        {
            Interlocked.Increment(ref requests);
            return null;
        };

        for (int round = 0; round < Rounds; round++)
        {
            requests = 0;
            TimeSpan remoteTime = await MeasureAsync(remote.Store, $"r{round}");
            TimeSpan localTime = await MeasureAsync(remote.Journal.Store, $"l{round}");
            TestContext.Out.WriteLine(
                $"{Clients} joins: {Clients / remoteTime.TotalSeconds:N0}/s in {requests} requests; on the node that stores {Clients / localTime.TotalSeconds:N0}/s");
        }
    }

    private static async Task<TimeSpan> MeasureAsync(IMessageStore store, string device)
    {
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(i => Task.Run(() => JoinAsync(store, $"user{i}", device))));
        return Stopwatch.GetElapsedTime(start);
    }

    // What a join asks of the store, in its order.
    private static async Task JoinAsync(IMessageStore store, string user, string device)
    {
        Channel[] channels = [Channel.User(user), Channel.All, News];
        long?[] cursors = await store.ReadCursorsAsync(user, device, channels, default);
        long[] heads = await store.ReadHeadsAsync(channels, default);
        Assert.That(cursors, Is.All.Null);
        store.MoveCursor(user, device, Channel.All, heads[1], store.Epoch);
        store.MoveCursor(user, device, News, heads[2], store.Epoch);
        await store.SaveCursorsAsync(default);
        for (int i = 0; i < channels.Length; i++)
        {
            MessagePage page = await store.ReadAsync(channels[i], i == 0 ? 0 : heads[i], 32 * 1024, default);
            Assert.That(page.Messages, Has.Count.EqualTo(i == 0 ? Backlog : 0));
        }
    }
}
