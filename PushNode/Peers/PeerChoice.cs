using PushNode.Settings;

namespace PushNode.Peers;

/// <summary>The nodes that can do what this one does not: which to ask first, and which instead.</summary>
internal sealed class PeerChoice(IPeerDirectory directory)
{
    private int turn = Random.Shared.Next(int.MaxValue / 2);

    /// <summary>The live nodes with a role, those that are not on their way out first, a different one in front each time; empty when there is none.</summary>
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

    private Peer[] Able(Roles role) => [.. directory.Peers.Where(p => p.Roles.HasFlag(role))];
}
