using PushNode.Peers;
using PushNode.Settings;

namespace PushNode.Storage.Mongo;

/// <summary>
/// Tells when a node that collects is gone: what it stored last it may not have dispatched, nor noted in the cluster, so that only the store knows.
/// </summary>
internal sealed class CollectorWatch(IPeerDirectory directory, Action gone)
{
    private readonly Lock gate = new();
    private HashSet<(string, string)> known = [];

    public void Start()
    {
        directory.OnChanged(Compare);
        Compare();
    }

    private void Compare()
    {
        bool isGone;
        lock (gate)
        {
            HashSet<(string, string)> now = [.. directory.Peers.Where(static p => p.Roles.HasFlag(Roles.Collect)).Select(static p => (p.Address, p.Incarnation))];
            isGone = !known.IsSubsetOf(now);
            known = now;
        }

        if (isGone)
            gone();
    }
}
