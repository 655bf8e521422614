using PushNode.Peers;

namespace PushNode.Tests.Support;

/// <summary>Answers other nodes as the test says; what it does not say is for the service behind it.</summary>
internal sealed class ScriptedService(IPeerService? behind = null, params string[] paths) : IPeerService
{
    /// <summary>Answers a path instead of the service behind; null leaves it to that.</summary>
    public Func<string, PeerCall, Task?>? Answer { get; set; }

    public IEnumerable<KeyValuePair<string, Func<PeerCall, Task>>> Routes =>
        (behind?.Routes ?? []).Concat(paths.Select(static path => KeyValuePair.Create<string, Func<PeerCall, Task>>(path, static _ => Task.CompletedTask)))
            .Select(route => KeyValuePair.Create<string, Func<PeerCall, Task>>(route.Key, call => Answer?.Invoke(route.Key, call) ?? route.Value(call)));
}
