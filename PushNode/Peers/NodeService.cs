namespace PushNode.Peers;

/// <summary><c>/node</c>: which run of which node answers at an address.</summary>
internal sealed class NodeService(Node node) : IPeerService
{
    public const string Path = "/node";

    public IEnumerable<KeyValuePair<string, Func<PeerCall, Task>>> Routes => [KeyValuePair.Create<string, Func<PeerCall, Task>>(Path, AnswerAsync)];

    private async Task AnswerAsync(PeerCall call)
    {
        var answer = new PeerWriter();
        answer.Text(node.Incarnation);
        await call.AnswerAsync(answer.Written);
    }
}
