using System.Collections.Concurrent;
using System.Text;
using PushNode.Diagnostics;
using PushNode.Messages;
using PushNode.Peers;
using PushNode.Settings;
using StackExchange.Redis;

namespace PushNode.Cluster.Redis;

/// <summary>
/// The routes of a cluster: for each channel a hash of incarnation to address, with one field for each node that holds it, written and removed by that node only.
/// </summary>
internal sealed class RedisRouteTable(RedisLink link, RedisKeys keys, RedisPeerDirectory directory, NodeFacts facts, Node node, TimeProvider time, ILogger<RedisRouteTable> logger) : IRouteTable
{
    /// <summary>How long a route lives that its node does not write again.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan ComplaintInterval = TimeSpan.FromMinutes(1);

    private readonly ConcurrentBag<RouteLookup> spare = [];
    private readonly Occasional complaint = new(time, ComplaintInterval);
    private readonly byte[] ownAddress = Encoding.UTF8.GetBytes(node.Address);
    private OwnIncarnations own = new(node.Incarnation, []);

    public long Generation => link.Generation;

    public bool IsReachable => link.IsReachable;

    public async ValueTask<long> AddAsync(Channel channel, CancellationToken cancellationToken)
    {
        // Before anything is written: what happens to the routes from now on raises it.
        long generation = link.Generation;
        RedisValue incarnation = TakeNote(node.Incarnation);
        RedisKey key = keys.Route(channel);
        try
        {
            HashEntry[] all = await link.CallAsync(
                async database =>
                {
                    IBatch batch = database.CreateBatch();
                    Task<bool> set = batch.HashSetAsync(key, incarnation, ownAddress, When.Always, CommandFlags.DemandMaster);
                    Task<bool> expire = batch.KeyExpireAsync(key, Lifetime, CommandFlags.DemandMaster);
                    Task<HashEntry[]> read = batch.HashGetAllAsync(key, CommandFlags.DemandMaster);
                    batch.Execute();
                    await Task.WhenAll(set, expire, read);
                    return await read;
                },
                cancellationToken);
            await RemoveFormerAsync(key, incarnation, all, cancellationToken);
            return generation;
        }
        catch (RedisAwayException)
        {
            return 0;
        }
        catch (RedisServerException e)
        {
            Complain("the route of a channel", key, e);
            return 0;
        }
    }

    public async ValueTask RemoveAsync(Channel channel, CancellationToken cancellationToken)
    {
        RedisKey key = keys.Route(channel);
        RedisValue[] incarnations = own.All;
        try
        {
            await link.CallAsync(database => database.HashDeleteAsync(key, incarnations, CommandFlags.DemandMaster), cancellationToken);
        }
        catch (RedisAwayException)
        {
            // It lapses by itself.
        }
        catch (RedisServerException e)
        {
            Complain("the route of a channel", key, e);
        }
    }

    public async ValueTask LookupAsync(IReadOnlyList<Message> messages, RoutedBatch routes, CancellationToken cancellationToken)
    {
        if (!spare.TryTake(out RouteLookup? lookup))
            lookup = new RouteLookup();
        for (int i = 0; i < messages.Count; i++)
            lookup.Add(messages[i].Channel);
        await FindAsync(lookup, cancellationToken);
        for (int i = 0; i < messages.Count; i++)
        {
            Message message = messages[i];
            ReadOnlySpan<string> nodes = lookup.NodesOf(message.Channel);
            message.Report?.Route(nodes.Length);
            foreach (string address in nodes)
                routes.Add(address, message);
        }

        lookup.Clear();
        spare.Add(lookup);
    }

    public async ValueTask<Holders> LookupAsync(Channel channel, CancellationToken cancellationToken)
    {
        var lookup = new RouteLookup();
        lookup.Add(channel);
        await FindAsync(lookup, cancellationToken);
        // Some that hold it may not have written their routes again. Messages they find in the store; this they would not.
        if (link.IsReturning)
            AddEveryone(lookup, 0, directory.View);
        return new Holders([.. lookup.NodesOf(channel).ToArray().Distinct()], AreAll: link.IsReachable);
    }

    private async ValueTask FindAsync(RouteLookup lookup, CancellationToken cancellationToken)
    {
        if (lookup.Channels.Count == 0)
            return;
        await AskAsync(lookup, cancellationToken);
        if (Evaluate(lookup) is not { } strangers)
            return;
        await AskForAsync(strangers, cancellationToken);
        Evaluate(lookup);
    }

    // All in one pipeline: one round trip, however many there are.
    private async ValueTask AskAsync(RouteLookup lookup, CancellationToken cancellationToken)
    {
        if (!link.TryBegin(out IDatabase? database, out int era))
            return;
        IBatch batch = database.CreateBatch();
        foreach (Channel channel in lookup.Channels)
            lookup.Answers.Add(batch.HashGetAllAsync(keys.Route(channel), CommandFlags.DemandMaster));
        try
        {
            batch.Execute();
        }
        catch (Exception e) when (e is RedisException or ObjectDisposedException)
        {
            // None of them was sent, so none of them ends.
            lookup.Answers.Clear();
            link.GoAway(era, e);
            return;
        }

        await link.SettleAsync(Task.WhenAll(lookup.Answers), era, cancellationToken);
    }

    /// <summary>Finds the nodes of every channel.</summary>
    /// <returns>The nodes named by routes that are not known; null when there are none.</returns>
    private HashSet<(string Address, string Incarnation)>? Evaluate(RouteLookup lookup)
    {
        HashSet<(string Address, string Incarnation)>? strangers = null;
        PeerView view = directory.View;
        byte[] ownIncarnation = TakeNote(node.Incarnation);
        lookup.Restart();
        for (int i = 0; i < lookup.Channels.Count; i++)
        {
            lookup.BeginChannel();
            if (i >= lookup.Answers.Count || !lookup.Answers[i].IsCompletedSuccessfully)
            {
                AddEveryone(lookup, i, view);
                continue;
            }

            foreach (HashEntry route in lookup.Answers[i].GetAwaiter().GetResult())
            {
                byte[] incarnation = route.Name;
                byte[] address = route.Value;
                if (ownAddress.AsSpan().SequenceEqual(address))
                {
                    if (ownIncarnation.AsSpan().SequenceEqual(incarnation))
                        lookup.Found(node.Address);
                }
                else if (view.Match(incarnation, address) is { } peer)
                    lookup.Found(peer);
                else
                    (strangers ??= []).Add((Encoding.UTF8.GetString(address), Encoding.UTF8.GetString(incarnation)));
            }
        }

        return strangers;
    }

    // Who holds it cannot be found out, so whoever may hold it is sent it.
    private void AddEveryone(RouteLookup lookup, int channel, PeerView view)
    {
        if (channel < lookup.Answers.Count && lookup.Answers[channel].Exception?.InnerException is RedisServerException e && !RedisTrouble.IsGeneral(e))
            Complain("the route of a channel (its messages go to every push node)", keys.Route(lookup.Channels[channel]), e);
        foreach (string address in view.PushAddresses)
            lookup.Found(address);
        if (facts.Roles.HasFlag(Roles.Push))
            lookup.Found(node.Address);
    }

    private async ValueTask AskForAsync(HashSet<(string Address, string Incarnation)> strangers, CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(strangers.Select(s => directory.IsLiveAsync(s.Address, s.Incarnation, cancellationToken)));
        }
        catch (RedisAwayException)
        {
            // Those that are not known cannot be reached either; they find in the store what they miss.
        }
    }

    // Of a run of this node that ended without taking its routes away. Other nodes' are theirs.
    private async ValueTask RemoveFormerAsync(RedisKey key, RedisValue incarnation, HashEntry[] all, CancellationToken cancellationToken)
    {
        if (all.Length <= 1)
            return;
        RedisValue[] former = [.. all.Where(e => e.Name != incarnation && ownAddress.AsSpan().SequenceEqual((byte[])e.Value)).Select(static e => e.Name)];
        if (former.Length > 0)
            await link.CallAsync(database => database.HashDeleteAsync(key, former, CommandFlags.DemandMaster), cancellationToken);
    }

    private byte[] TakeNote(string incarnation)
    {
        OwnIncarnations known = own;
        if (known.Text != incarnation)
            known = own = known.Next(incarnation);
        return known.Bytes;
    }

    private void Complain(string what, RedisKey key, RedisServerException answer)
    {
        if (complaint.IsDue())
            logger.KeyRefused(what, key.ToString(), answer.Message);
    }
}
