using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PushNode.Bench;

/// <summary>All subscribers of a run, and what they share.</summary>
internal sealed class Audience : IDisposable
{
    private const int MostAtOnce = 256;
    private const int FirstRoom = 256 * 1024;
    // A little less than the 28,232 ports that Linux has for outgoing connections of one address.
    private const int ConnectionsPerAddress = 20_000;
    private const int BindAddressNoPort = 24;
    private const long ConnectPatience = 30 * BenchClock.Second;

    private readonly Subscriber[] subscribers;
    private readonly Deliveries deliveries;
    private readonly Problems problems;
    private readonly byte[] run;
    private readonly byte[] channelStart;
    private readonly int sourceAddresses;
    private byte[] room = new byte[FirstRoom];
    private uint mask;
    private int begun;
    private int oldestWaiting;
    private long connectStart;

    public Audience(BenchPlan plan, IPoller poller, BenchClock clock, Deliveries deliveries, Problems problems)
    {
        Plan = plan;
        Poller = poller;
        Clock = clock;
        this.deliveries = deliveries;
        this.problems = problems;
        run = Encoding.ASCII.GetBytes(plan.Run);
        channelStart = Encoding.ASCII.GetBytes(plan.To switch { BenchTarget.Users => "user:", BenchTarget.Topic => "topic:", _ => "all" });
        AcknowledgedChannel = plan.To == BenchTarget.Users ? [] : Encoding.ASCII.GetBytes(plan.ChannelOf(0));
        bool hasMore = IPAddress.IsLoopback(plan.EndPoint.Address) && plan.EndPoint.AddressFamily == AddressFamily.InterNetwork && !OperatingSystem.IsMacOS();
        sourceAddresses = hasMore ? 1 + (plan.Connections / ConnectionsPerAddress) : 0;
        mask = (uint)Random.Shared.Next();
        subscribers = [.. Enumerable.Range(0, plan.Connections).Select(i => new Subscriber(i, this))];
    }

    public BenchPlan Plan { get; }

    public IPoller Poller { get; }

    public BenchClock Clock { get; }

    /// <summary>The name of the channel in acknowledgements; empty for the user's own.</summary>
    public byte[] AcknowledgedChannel { get; }

    public int Ready { get; private set; }

    /// <summary>Those that were ready and have ended before the run.</summary>
    public int Ended { get; private set; }

    public bool IsComplete => Ready + Ended == subscribers.Length;

    /// <summary>From the socket to the channel being live, in nanoseconds.</summary>
    public Histogram ConnectTimes { get; } = new();

    /// <summary>From the first socket to the last live channel, in nanoseconds.</summary>
    public long ConnectSpan { get; private set; }

    /// <summary>Opens more connections, as many as may be under way; called again and again.</summary>
    /// <returns>When to be called again at the latest, in nanoseconds from now.</returns>
    public long Connect(long now)
    {
        if (begun == 0)
            connectStart = now;
        double allowed = Plan.ConnectRate is { } rate ? 1 + ((now - connectStart) * rate / BenchClock.Second) : subscribers.Length;
        while (begun < Math.Min(allowed, subscribers.Length) && begun - Ready - Ended < MostAtOnce && !problems.AreFatal)
            subscribers[begun++].Connect(Clock.Now);

        for (; oldestWaiting < begun && subscribers[oldestWaiting].State is SubscriberState.Ready or SubscriberState.Ended; oldestWaiting++)
        {
        }

        if (oldestWaiting < begun && now - subscribers[oldestWaiting].Started > ConnectPatience)
            subscribers[oldestWaiting].End($"the node left a connection without an answer, or without saying that it is live, for {ConnectPatience / BenchClock.Second} s");
        return Plan.ConnectRate is null ? BenchClock.Second / 50 : BenchClock.Second / 1000;
    }

    /// <summary>A socket on its way to the node, from one of the addresses of the loopback where there are too few ports for one.</summary>
    public Socket OpenSocket(int index)
    {
        var socket = new Socket(Plan.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, Blocking = false };
        try
        {
            if (sourceAddresses > 1)
            {
                // The port is chosen when it is known where to, so that each address has all ports for each node.
                if (OperatingSystem.IsLinux())
                    socket.SetRawSocketOption((int)SocketOptionLevel.IP, BindAddressNoPort, BitConverter.GetBytes(1));
                socket.Bind(new IPEndPoint(new IPAddress([127, 0, 0, (byte)(1 + (index % sourceAddresses))]), 0));
            }

            socket.Connect(Plan.EndPoint);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            // Under way.
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        return socket;
    }

    /// <summary>Where to receive to, with more free than the bytes that are there already.</summary>
    public Span<byte> Room(int taken)
    {
        if (taken > room.Length / 2)
            Array.Resize(ref room, room.Length * 2);
        return room;
    }

    /// <summary>A mask for a frame.</summary>
    public uint NextMask()
    {
        mask ^= mask << 13;
        mask ^= mask >> 17;
        mask ^= mask << 5;
        return mask;
    }

    /// <summary>A frame has come.</summary>
    public void Take(Subscriber subscriber, ReadOnlySpan<byte> json, long now)
    {
        if (!PushedFrame.TryRead(json, out PushedFrame frame))
            subscriber.End("the node sent a frame that is no JSON");
        else if (frame.Type.SequenceEqual("message"u8))
            TakeMessage(subscriber, frame, now);
        else if (frame.Type.SequenceEqual("live"u8))
            TakeLive(subscriber, frame, now);
        else if (frame.Type.SequenceEqual("error"u8))
            problems.Add($"the node refused a frame: {Encoding.UTF8.GetString(frame.Text)}");
        else if (frame.Type.SequenceEqual("reset"u8))
            problems.Add("the node's store was replaced or restored during the run");
    }

    /// <summary>A subscriber has ended of itself.</summary>
    public void OnEnded(SubscriberState before, string reason)
    {
        if (before == SubscriberState.Ready)
        {
            Ready--;
            Ended++;
            problems.Add(reason);
        }
        else
        {
            problems.AddFatal(reason);
        }
    }

    /// <summary>Adds up what each connection was delivered against what its channel was promised.</summary>
    public Verdict Judge(Promises[] promises)
    {
        Verdict sum = default;
        foreach (Subscriber subscriber in subscribers)
            sum += promises[subscriber.Index % promises.Length].Compare(subscriber.Check);
        return sum;
    }

    /// <summary>How many connections there are of a channel, among those that were asked for.</summary>
    public int ConnectionsOf(int channel) => Plan.To != BenchTarget.Users ? Plan.Connections : ((Plan.Connections - 1 - channel) / Plan.Users) + 1;

    public void Dispose()
    {
        foreach (Subscriber subscriber in subscribers)
            subscriber.End(null);
    }

    private void TakeMessage(Subscriber subscriber, in PushedFrame frame, long now)
    {
        // Before it is live, what comes is older than the run.
        if (subscriber.State != SubscriberState.Ready || frame.Seq == 0 || !frame.Channel.StartsWith(channelStart))
            return;
        long number = frame.Run.SequenceEqual(run) ? frame.Number : 0;
        if (subscriber.Check.Take(frame.Seq, number) && number > 0)
            deliveries.Count(number, frame.Due, now);
    }

    private void TakeLive(Subscriber subscriber, in PushedFrame frame, long now)
    {
        if (subscriber.State != SubscriberState.Joining || !frame.Channel.StartsWith(channelStart))
            return;
        subscriber.Join(frame.Seq);
        Ready++;
        ConnectTimes.Add(now - subscriber.Started);
        ConnectSpan = now - connectStart;
    }
}
