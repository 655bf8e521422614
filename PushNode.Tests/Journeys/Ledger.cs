using System.Collections.Concurrent;
using System.Globalization;

namespace PushNode.Tests.Journeys;

/// <summary>What producers were promised and what devices received, and the promise itself as a check.</summary>
internal sealed class Ledger
{
    private readonly ConcurrentDictionary<(string User, long Seq), string> promised = [];
    private readonly ConcurrentDictionary<(string User, string Device), ConcurrentDictionary<long, string>> received = [];
    private readonly ConcurrentQueue<string> violations = [];
    private readonly ConcurrentDictionary<(string User, long Seq), long> promisedAt = [];
    private long slowest;

    /// <summary>The longest time between a promise and its first arrival at a device that was waiting for it.</summary>
    public TimeSpan Slowest => TimeSpan.FromMilliseconds(Volatile.Read(ref slowest));

    public int Promised => promised.Count;

    /// <summary>A producer was answered 202, or 200 for a repeat.</summary>
    public void Promise(string user, long seq, string id)
    {
        promisedAt.TryAdd((user, seq), Environment.TickCount64);
        if (!promised.TryAdd((user, seq), id) && promised[(user, seq)] != id)
            violations.Enqueue($"seq {seq} of {user} was given to {promised[(user, seq)]} and to {id}");
    }

    /// <summary>A device received a message on a connection whose last seq so far was <paramref name="last"/>.</summary>
    public void Receive(string user, string device, string channel, long last, long seq, string id)
    {
        if (channel != $"user:{user}")
            violations.Enqueue($"{user} got a message of {channel}");
        if (seq <= last)
            violations.Enqueue($"{user} {device} got {seq} after {last} on one connection");
        ConcurrentDictionary<long, string> mine = received.GetOrAdd((user, device), _ => []);
        if (!mine.TryAdd(seq, id))
        {
            if (mine[seq] != id)
                violations.Enqueue($"{user} {device} got {mine[seq]} and {id} with the seq {seq}");
        }
        else if (promisedAt.TryGetValue((user, seq), out long since))
        {
            NoteDelay(Environment.TickCount64 - since);
        }
    }

    /// <summary>Whether the device has everything its user was promised so far.</summary>
    public bool HasAll(string user, string device)
    {
        ConcurrentDictionary<long, string> mine = received.GetOrAdd((user, device), _ => []);
        return promised.Where(p => p.Key.User == user).All(p => mine.ContainsKey(p.Key.Seq));
    }

    public IEnumerable<string> FindViolations() => violations.Concat(FindLosses()).Concat(FindDisorder());

    private void NoteDelay(long milliseconds)
    {
        long known = Volatile.Read(ref slowest);
        while (milliseconds > known && Interlocked.CompareExchange(ref slowest, milliseconds, known) is var seen && seen != known)
            known = seen;
    }

    private IEnumerable<string> FindLosses()
    {
        foreach (((string user, string device), ConcurrentDictionary<long, string> mine) in received)
        {
            foreach (((string target, long seq), string id) in promised)
            {
                if (target != user)
                    continue;
                if (!mine.TryGetValue(seq, out string? got))
                    yield return $"{user} {device} never got {id} (seq {seq})";
                else if (got != id)
                    yield return $"{user} {device} got {got} as seq {seq}, which was promised for {id}";
            }
        }
    }

    // A message posted after another's answer has the higher seq. Ids are the producer's name, a dash and its count.
    private IEnumerable<string> FindDisorder()
    {
        var lastCount = new Dictionary<(string User, string Producer), int>();
        foreach (((string user, long seq), string id) in promised.OrderBy(p => p.Key.Seq))
        {
            string[] parts = id.Split('-');
            int count = int.Parse(parts[1], CultureInfo.InvariantCulture);
            if (lastCount.GetValueOrDefault((user, parts[0]), -1) >= count)
                yield return $"{id} of {user} has the seq {seq}, above a later one's";
            lastCount[(user, parts[0])] = count;
        }
    }
}
