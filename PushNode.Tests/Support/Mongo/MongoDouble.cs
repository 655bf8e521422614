using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace PushNode.Tests.Support.Mongo;

/// <summary>
/// A server in this process that speaks MongoDB's wire protocol, does in memory what PushNode asks of MongoDB, and fails on command, as a real server cannot
/// be told to. It refuses what it does not know, and never leaves a cursor open: whatever the size of a batch, the first has everything. All of it is
/// thread-safe.
/// <para>A command is named as in <c>insert</c>, or with a collection, <c>insert messages</c>; <c>hello</c> stands for its older spellings too.</para>
/// <para>What happens to a command, in this order: it is counted, held, failed or cut off before its effect; takes effect; is cut off or failed after it;
/// waits for its write concern; is given a write concern error; is delayed; is answered.</para>
/// </summary>
internal sealed class MongoDouble : IAsyncDisposable
{
    private readonly int port = Ports.Next();
    private readonly MongoDoubleOptions options;
    private readonly MongoState state;
    private readonly MongoHello hello;
    private readonly MongoFaults faults = new();
    private readonly CommandLog log = new();
    private readonly ConcurrentDictionary<MongoConnection, bool> connections = [];
    private readonly List<(MongoConnection Connection, Task Serving)> served = [];
    private readonly CancellationTokenSource stopping = new();
    private readonly Lock access = new();
    private TcpListener? listener;
    private Task accepting = Task.CompletedTask;

    /// <param name="options">What kind of server it is; null: a standalone without TLS and logins.</param>
    public MongoDouble(MongoDoubleOptions? options = null)
    {
        this.options = options ?? new MongoDoubleOptions();
        state = new MongoState(this.options.ReplicaSet is not null);
        hello = new MongoHello(Address, state, this.options);
        Listen();
    }

    /// <summary>Host and port.</summary>
    public string Address => $"127.0.0.1:{port}";

    /// <summary>What a client connects to, such as <c>mongodb://127.0.0.1:20123/</c>; with the replica set's name, if it is one.</summary>
    public string Uri => $"mongodb://{Address}/{(options.ReplicaSet is { } name ? $"?replicaSet={name}" : "")}";

    /// <summary>The newest 1,000 commands as they came, the oldest of them first; as text by their <c>ToString</c>.</summary>
    public IReadOnlyList<MongoRequest> Commands => log.Newest;

    /// <summary>Connections that are open.</summary>
    public int Connections => connections.Count;

    /// <summary>
    /// While on, the majority commit point stands still: reads with read concern majority see what was there when it was turned on, and writes with
    /// <c>w: "majority"</c> take effect but are answered when it is turned off, or after their wtimeout with write concern error 64.
    /// </summary>
    public bool Lag
    {
        get => state.Lag;
        set => state.Lag = value;
    }

    /// <summary>While on, it takes no connections; turning it on drops those there are.</summary>
    public bool Refuse
    {
        get
        {
            lock (access)
                return listener is null;
        }

        set
        {
            lock (access)
            {
                if (value)
                    Unlisten();
                else
                    Listen();
            }

            if (value)
                DropConnections();
        }
    }

    /// <summary>How many such commands have come since the start.</summary>
    public int Count(string command) => log.Count(command);

    /// <summary>The documents of a collection (in every database), in the order they came.</summary>
    public IReadOnlyList<BsonDocument> Documents(string collection) => state.Documents(collection);

    /// <summary>Removes documents, as the TTL monitor does; returns how many.</summary>
    public int Purge(Func<BsonDocument, bool> condition, string collection = "messages") => state.Remove(collection, condition);

    /// <summary>
    /// The next <paramref name="times"/> such commands are answered <c>ok: 0</c> and this code, labelled RetryableWriteError where MongoDB would; before they
    /// have any effect, or after.
    /// </summary>
    public void Fail(string command, int code, int times = 1, bool afterEffect = false) =>
        faults.Add(new MongoFault(afterEffect ? MongoFaultKind.FailAfter : MongoFaultKind.Fail, command, code), times);

    /// <summary>The next such commands have no effect and no answer: their connections close.</summary>
    public void CloseBefore(string command, int times = 1) => faults.Add(new MongoFault(MongoFaultKind.CloseBefore, command, 0), times);

    /// <summary>The next such commands have their effect and no answer: their connections close.</summary>
    public void CloseAfter(string command, int times = 1) => faults.Add(new MongoFault(MongoFaultKind.CloseAfter, command, 0), times);

    /// <summary>The next such commands have their effect and are answered <c>ok: 1</c> with a write concern error of this code.</summary>
    public void WriteConcernError(string command, int code, int times = 1) => faults.Add(new MongoFault(MongoFaultKind.WriteConcern, command, code), times);

    /// <summary>
    /// The next such command is not carried out until it is released; then it is, though its connection may be gone. The same retryable write, repeated
    /// meanwhile on another connection, is carried out there, and this one then has no further effect.
    /// </summary>
    public HeldCommand Hold(string command) => faults.Hold(command);

    /// <summary>From now on such commands have their effect at once, and are answered so much later. Zero ends it.</summary>
    public void Delay(string command, TimeSpan time) => faults.Delay(command, time);

    /// <summary>
    /// From now on a document like this does not go in: its insert is answered with a write error of this code (121 DocumentValidationFailure), or the whole
    /// command fails with it (14031 OutOfDiskSpace), after the documents before it have gone in.
    /// </summary>
    public void RejectDocument(Func<BsonDocument, bool> condition, int code, bool failsCommand = false) => state.Reject(document =>
    {
        if (condition(document))
            throw new MongoError(code, $"the test refuses the document {document["_id"]}") { EndsCommand = failsCommand };
    });

    /// <summary>Ends what Fail, CloseBefore, CloseAfter, WriteConcernError, Delay and RejectDocument have begun.</summary>
    public void ClearFaults()
    {
        faults.Clear();
        state.RejectNothing();
    }

    /// <summary>From now on it is no primary: hello says so, and every command about data fails with 10107.</summary>
    public void StepDown() => state.IsPrimary = false;

    /// <summary>It is primary again.</summary>
    public void StepUp() => state.IsPrimary = true;

    /// <summary>
    /// A failover that loses what no majority has: what was written since <see cref="Lag"/> was turned on is gone, Lag is off, and every connection is
    /// dropped, those that wait for a majority among them.
    /// </summary>
    public void RollBack()
    {
        state.RollBack();
        DropConnections();
    }

    /// <inheritdoc cref="MongoState.Mark"/>
    public void Mark() => state.Mark();

    /// <inheritdoc cref="MongoState.ElectBehind"/>
    public void ElectBehind()
    {
        state.ElectBehind();
        DropConnections();
    }

    /// <summary>Closes every connection there is. Held commands stay held.</summary>
    public void DropConnections()
    {
        foreach (MongoConnection connection in connections.Keys)
            connection.Drop();
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        Refuse = true;
        await accepting;
        await Task.WhenAll(served.Select(static s => s.Serving));
        served.ForEach(static s => s.Connection.Dispose());
        stopping.Dispose();
    }

    private void Listen()
    {
        if (listener is not null)
            return;
        listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        accepting = AcceptAsync(listener, accepting);
    }

    private void Unlisten()
    {
        listener?.Dispose();
        listener = null;
    }

    private async Task AcceptAsync(TcpListener from, Task before)
    {
        await before;
        try
        {
            while (true)
            {
                Socket socket = await from.AcceptSocketAsync(stopping.Token);
                var connection = new MongoConnection(socket, hello, state, faults, log, options);
                connections[connection] = true;
                served.Add((connection, ServeAsync(connection)));
                if (Refuse)
                    connection.Drop();
            }
        }
        catch (Exception e) when (e is SocketException or InvalidOperationException or OperationCanceledException)
        {
            // It refuses connections now, or the test has ended.
        }
    }

    private async Task ServeAsync(MongoConnection connection)
    {
        try
        {
            await connection.RunAsync(stopping.Token);
        }
        finally
        {
            connections.TryRemove(connection, out _);
        }
    }
}
