namespace PushNode.Peers;

/// <summary><c>/node</c>: which run of which node answers at an address.</summary>
internal sealed class NodeService(Node node) : IPeerService
{
    public const string Path = "/node";

    public IEnumerable<KeyValuePair<string, Func<PeerCall, Task>>> Routes => [KeyValuePair.Create<string, Func<PeerCall, Task>>(Path, AnswerAsync)];

    /// <summary>The run that has given this answer.</summary>
    /// <exception cref="MalformedPeerBodyException">It is no such answer.</exception>
    public static string ReadIncarnation(ReadOnlySpan<byte> answer)
    {
        var reader = new PeerReader(answer);
        string incarnation = reader.Text();
        reader.End();
        return incarnation;
    }

    private async Task AnswerAsync(PeerCall call)
    {
        var answer = new PeerWriter();
        answer.Text(node.Incarnation);
        await call.AnswerAsync(answer.Written);
    }
}
