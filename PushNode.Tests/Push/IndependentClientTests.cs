using System.Text.Json;
using PushNode.Tests.Support;

namespace PushNode.Tests.Push;

/// <summary>Our framing against a WebSocket implementation that is not ours.</summary>
internal sealed class IndependentClientTests
{
    // Every length of the frame's header: 7, 16 and 64 bits. The data is up to the limit of 64 KiB with its quotes.
    private static readonly int[] Lengths = [0, 1, 20, 100, 125, 126, 127, 1_000, 40_000, 65_300, 65_534];

    [Test]
    public async Task Ws_UnderstandsEveryFrame()
    {
        NodeProcess node = await SharedNode.GetAsync();
        using var producer = new Producer(node.Address);
        foreach (int length in Lengths)
            await producer.PushToAsync("independent", $"\"{new string('x', length)}\"");

        JsonElement seen = await NodeScript.RunAsync("websocket.mjs", node.Address.ToString().Replace("http", "ws", StringComparison.Ordinal), Tokens.For("independent"), $"{Lengths.Length}");

        Assert.That(seen.GetProperty("error").ValueKind, Is.EqualTo(JsonValueKind.Null), seen.ToString());
        Assert.That(seen.GetProperty("subprotocol").GetString(), Is.EqualTo("pushnode.v1"));
        Assert.That(seen.GetProperty("extensions").GetString(), Is.Empty, "no extension is agreed on");
        Assert.That(seen.GetProperty("data").EnumerateArray().Select(d => d.GetInt32()), Is.EqualTo(Lengths));
        Assert.That(seen.GetProperty("types")[0].GetString(), Is.EqualTo("welcome"));
        Assert.That(seen.GetProperty("pongs").EnumerateArray().Select(p => p.GetString()), Is.EqualTo(new[] { "", new string('x', 125) }));
        Assert.That(seen.GetProperty("code").GetInt32(), Is.EqualTo(1000), "the closing handshake is answered");
    }
}
