using System.Text.Json;
using PushNode.Tests.Commands;
using PushNode.Tests.Support;

namespace PushNode.Tests.Journeys;

/// <summary>An older copy of the data folder is put back: with a renewed epoch nobody misses what is numbered again.</summary>
internal sealed class RestoreTests
{
    [TestCase("device=phone", Description = "a device with a cursor in the copy")]
    [TestCase("device=tablet&after=4&epoch=EPOCH", Description = "a client that knows where it was")]
    public async Task AfterRenewal_WhoComesWithAPositionOfBefore_IsReset_AndGetsEverythingKept(string query)
    {
        using var backup = new TemporaryFolder();
        await using NodeProcess node = await NodeProcess.StartAsync();
        using var producer = new Producer(node.Address);
        string epoch = await PushAndTakeAsync(node, producer, "first", "second");
        await node.StopAsync();
        Copy(node.Data, backup.File("data"));
        await node.StartAsync();
        await PushAndTakeAsync(node, producer, "lost third", "lost fourth");
        Assert.That((await PushNodeProcess.RunAsync(backup.Path, ["renew-epoch", "--data", node.Data])).Error, Does.Contain("another pushnode uses this folder"));

        await node.StopAsync();
        Directory.Delete(node.Data, recursive: true);
        Copy(backup.File("data"), node.Data);
        ProcessEnd renewal = await PushNodeProcess.RunAsync(backup.Path, ["renew-epoch", "--data", node.Data]);
        Assert.That((renewal.Code, renewal.Error), Is.EqualTo((0, "")));
        Assert.That(renewal.Output, Does.Match($@"^old epoch  {epoch}\r?\nnew epoch  \w+\r?\n$"));
        await node.StartAsync();
        foreach (string text in (string[])["third", "fourth", "fifth"])
            await producer.PushToAsync("alice", $"\"{text}\"");
        await using TestClient client = await TestClient.ConnectAsync(node.Address, Tokens.For("alice"), query.Replace("EPOCH", epoch, StringComparison.Ordinal));
        await client.WaitForAsync("live", "user:alice");

        JsonElement reset = await client.WaitForAsync("reset", "user:alice");
        Assert.That(renewal.Output, Does.Contain(reset.GetProperty("epoch").GetString()));
        Assert.That(client.Messages.Select(m => m.GetProperty("data").GetString()), Is.EqualTo(new[] { "first", "second", "third", "fourth", "fifth" }));
    }

    [Test]
    public async Task AfterRenewal_ADeviceIsResetOnce()
    {
        await using NodeProcess node = await NodeProcess.StartAsync();
        using var producer = new Producer(node.Address);
        await PushAndTakeAsync(node, producer, "first", "second");
        await node.StopAsync();
        await PushNodeProcess.RunAsync(node.Data, ["renew-epoch", "--data", node.Data]);
        await node.StartAsync();

        await PushAndTakeAsync(node, producer, "third");
        await using TestClient again = await TestClient.ConnectAsync(node.Address, Tokens.For("alice"), "device=phone");
        await again.WaitForAsync("live", "user:alice");

        Assert.That(again.Frames.Select(f => f.GetProperty("type").GetString()), Is.EquivalentTo(new[] { "welcome", "reset", "live", "live" }), "reset of 'all', whose cursor nothing has moved");
        Assert.That(again.Messages, Is.Empty);
    }

    /// <summary>Sends messages to Alice, whose phone takes and acknowledges them. Returns the epoch.</summary>
    private static async Task<string> PushAndTakeAsync(NodeProcess node, Producer producer, params string[] texts)
    {
        long seq = 0;
        foreach (string text in texts)
            seq = await producer.PushToAsync("alice", $"\"{text}\"");
        await using TestClient phone = await TestClient.ConnectAsync(node.Address, Tokens.For("alice"), "device=phone&ack=manual");
        await phone.WaitForAsync("live", "user:alice");
        await phone.SendAsync($$"""{"type":"ack","seq":{{seq}}}""");
        await phone.SendAsync("""{"type":"ping"}""");
        await phone.WaitForAsync("pong");
        return (await phone.WaitForAsync("welcome")).GetProperty("epoch").GetString()!;
    }

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
