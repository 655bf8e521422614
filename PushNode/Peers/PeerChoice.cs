using System.Collections.Concurrent;
using PushNode.Settings;

namespace PushNode.Peers;

/// <summary>The nodes that can do what this one does not: which to ask first, and which instead.</summary>
internal sealed class PeerChoice(IPeerDirectory directory)
{
    private readonly ConcurrentDictionary<Roles, Peer[]> lastAble = [];
    private int turn = Random.Shared.Next(int.MaxValue / 2);

    /// <summary>The live nodes with a role, those that are not on their way out first, a different one in front each time; those that were there last when there is none; empty when there never was.</summary>
    public Peer[] InTurn(Roles role)
    {
        Peer[] able = Able(role);
        if (able.Length < 2)
            return able;
        int start = (int)((uint)Interlocked.Increment(ref turn) % able.Length);
        return [.. able[start..].Concat(able[..start]).OrderBy(static p => p.IsDraining)];
    }

    /// <summary>The live nodes with a role, the one that was asked last in front while it lives: for what should keep its order.</summary>
    public Peer[] Steady(Roles role, string? last) =>
        [.. Able(role).OrderByDescending(p => p.Address == last && !p.IsDraining).ThenBy(static p => p.IsDraining).ThenBy(_ => Random.Shared.Next())];

    // When none is listed, those that were: a node that alone has lost the directory may be well. They are asked, and answer or not.
    private Peer[] Able(Roles role)
    {
        Peer[] able = [.. directory.Peers.Where(p => p.Roles.HasFlag(role))];
        if (able.Length > 0)
            lastAble[role] = able;
        return able.Length > 0 ? able : lastAble.GetValueOrDefault(role, []);
    }
}
