using PushNode.Peers;

namespace PushNode.Tests.Peers;

/// <summary>Answers one path as the test says, and counts the calls.</summary>
internal sealed class CountedService(string path, Func<PeerCall, Task> answer) : IPeerService
{
    private int calls;

    public int Calls => Volatile.Read(ref calls);

    public IEnumerable<KeyValuePair<string, Func<PeerCall, Task>>> Routes => [new(path, AnswerAsync)];

    private Task AnswerAsync(PeerCall call)
    {
        Interlocked.Increment(ref calls);
        return answer(call);
    }
}
