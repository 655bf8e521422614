using System.Net;
using StackExchange.Redis;

namespace PushNode.Cluster.Redis;

/// <summary>
/// The client library's connections, made anew when they do not recover by themselves: a connection whose other end has vanished without a word looks
/// alive to the library for many minutes.
/// </summary>
internal sealed class RedisConnection(ConfigurationOptions configuration, TimeSpan timeout, TimeProvider time) : IDisposable
{
    private const int KeepAliveSeconds = 10;
    private const int ConfigurationCheckSeconds = 5;
    private const int ReconnectMilliseconds = 250;

    private static readonly TimeSpan ShortestPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShortestConnectTimeout = TimeSpan.FromSeconds(1);

    /// <summary>It would hold a second connection to each server, for news that are not needed.</summary>
    private static readonly CommandMap WithoutSubscriptions = CommandMap.Create(["SUBSCRIBE", "UNSUBSCRIBE", "PSUBSCRIBE", "PUNSUBSCRIBE"], available: false);

    private readonly TimeSpan connectTimeout = timeout > ShortestConnectTimeout ? timeout : ShortestConnectTimeout;
    private readonly TimeSpan patience = timeout * 4 > ShortestPatience ? timeout * 4 : ShortestPatience;
    private volatile ConnectionMultiplexer? current;
    private long openedAt;
    private string masters = "";
    private EndPoint[] shards = [];

    /// <summary>The connection to a server was lost.</summary>
    public event Action<Exception>? Broken;

    /// <summary>A connection has been made again, or another server is the master now.</summary>
    public event Action? Restored;

    /// <summary>Null until there was one.</summary>
    public ConnectionMultiplexer? Current => current;

    /// <summary>Whether any server is connected.</summary>
    public bool IsConnected => current?.IsConnected == true;

    /// <summary>Whether it is a Redis Cluster, where several keys of one command must be of one slot.</summary>
    public bool IsRedisCluster { get; private set; }

    /// <summary>Whether a password is given.</summary>
    public bool LogsIn => !string.IsNullOrEmpty(configuration.Password);

    /// <summary>What a server last answered that was an error, since it was last asked for.</summary>
    public string? LastError { get; set; }

    /// <summary>A connection to try, which may not be connected.</summary>
    /// <param name="awayFor">For how long no call has succeeded.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<IDatabase> OpenAsync(TimeSpan awayFor, CancellationToken cancellationToken)
    {
        ConnectionMultiplexer? open = current;
        if (open is null || (awayFor > patience && time.GetElapsedTime(openedAt) > patience))
            open = await ReplaceAsync(cancellationToken);
        else if (open.IsConnected && (IsRedisCluster || Masters(open).Length == 0))
            await open.ConfigureAsync().WaitAsync(connectTimeout + timeout, cancellationToken);
        return open.GetDatabase();
    }

    /// <summary>Takes note of what kind of Redis it has turned out to be.</summary>
    public void Recognize()
    {
        ConnectionMultiplexer open = current!;
        masters = Masters(open);
        LastError = null;
        EndPoint[] all = open.GetEndPoints();
        IsRedisCluster = all.Any(e => open.GetServer(e) is { IsConnected: true, ServerType: ServerType.Cluster });
        shards = IsRedisCluster ? all : [];
    }

    /// <summary>Which master of a Redis Cluster is not connected, as a sentence without its end; null when all that have slots are. The keys of the others are of no use without it.</summary>
    public string? FindGap()
    {
        if (!IsRedisCluster || current is not { } open)
            return null;
        IServer[] servers = [.. open.GetEndPoints().Select(e => open.GetServer(e))];
        ClusterNode? missing = servers.FirstOrDefault(static s => s is { IsConnected: true, ClusterConfiguration: not null })?.ClusterConfiguration.Nodes
            .FirstOrDefault(n => !n.IsSlave && n.Slots.Count > 0 && n.EndPoint is not null && !servers.Any(s => s.IsConnected && s.EndPoint.Equals(n.EndPoint)));
        return missing is null ? null : $"the master at {RedisAddress.ToText(missing.EndPoint)} in the Redis Cluster cannot be reached";
    }

    /// <inheritdoc cref="RedisGreeting.FindFaultAsync"/>
    public Task<string?> FindFaultAsync(CancellationToken cancellationToken) => RedisGreeting.FindFaultAsync(configuration, connectTimeout, cancellationToken);

    public void Dispose()
    {
        ConnectionMultiplexer? last = Interlocked.Exchange(ref current, null);
        if (last is not null)
            Close(last);
    }

    private async Task<ConnectionMultiplexer> ReplaceAsync(CancellationToken cancellationToken)
    {
        Task<ConnectionMultiplexer> connecting = Task.Run(() => ConnectionMultiplexer.ConnectAsync(Configure()), cancellationToken);
        ConnectionMultiplexer made;
        try
        {
            made = await connecting.WaitAsync((connectTimeout * 2) + ShortestConnectTimeout, cancellationToken);
        }
        catch
        {
            _ = CloseWhenMadeAsync(connecting);
            throw;
        }

        made.PreserveAsyncOrder = false;
        made.IncludeDetailInExceptions = false;
        made.ConnectionFailed += OnFailed;
        made.ConnectionRestored += OnRestored;
        made.ConfigurationChanged += OnChanged;
        made.ErrorMessage += OnError;
        openedAt = time.GetTimestamp();
        ConnectionMultiplexer? former = Interlocked.Exchange(ref current, made);
        if (former is not null)
            Close(former);
        return made;
    }

    private ConfigurationOptions Configure()
    {
        ConfigurationOptions own = configuration.Clone();
        own.AbortOnConnectFail = false;
        own.ConnectRetry = 1;
        own.ConnectTimeout = (int)connectTimeout.TotalMilliseconds;
        own.SyncTimeout = own.ResponseTimeout = (int)timeout.TotalMilliseconds;
        own.ReconnectRetryPolicy = new LinearRetry(ReconnectMilliseconds);
        own.KeepAlive = KeepAliveSeconds;
        own.ConfigCheckSeconds = ConfigurationCheckSeconds;
        own.ConfigurationChannel = "";
        own.TieBreaker = "";
        own.ClientName = "pushnode";
        own.HighPrioritySocketThreads = false;
        if (own.CommandMap == CommandMap.Default)
            own.CommandMap = WithoutSubscriptions;
        // Those of a Redis Cluster whose addresses were given may be the ones that have died.
        foreach (EndPoint shard in shards.Where(s => !own.EndPoints.Contains(s)))
            own.EndPoints.Add(shard);
        return own;
    }

    private void OnFailed(object? sender, ConnectionFailedEventArgs e)
    {
        if (sender == current)
            Broken?.Invoke(e.Exception ?? new IOException($"{e.FailureType}"));
    }

    private void OnRestored(object? sender, ConnectionFailedEventArgs e)
    {
        // A replica may come and go.
        if (sender == current && sender is ConnectionMultiplexer open && !open.GetServer(e.EndPoint).IsSlave)
            Restored?.Invoke();
    }

    // Raised at other occasions as well: what matters is who takes the writes.
    private void OnChanged(object? sender, EndPointEventArgs e)
    {
        if (sender != current || sender is not ConnectionMultiplexer open)
            return;
        string now = Masters(open);
        if (now.Length > 0 && Interlocked.Exchange(ref masters, now) is { Length: > 0 } before && before != now)
            Restored?.Invoke();
    }

    private void OnError(object? sender, RedisErrorEventArgs e) => LastError = e.Message;

    private static string Masters(ConnectionMultiplexer open) =>
        string.Join(' ', open.GetEndPoints().Where(e => open.GetServer(e) is { IsConnected: true, IsSlave: false }).Select(RedisAddress.ToText).Order(StringComparer.Ordinal));

    private void Close(ConnectionMultiplexer old)
    {
        old.ConnectionFailed -= OnFailed;
        old.ConnectionRestored -= OnRestored;
        old.ConfigurationChanged -= OnChanged;
        old.ErrorMessage -= OnError;
        // It may wait for what it is connected to.
        _ = Task.Run(() => old.Close(allowCommandsToComplete: false));
    }

    private static async Task CloseWhenMadeAsync(Task<ConnectionMultiplexer> connecting)
    {
        try
        {
            (await connecting).Close(allowCommandsToComplete: false);
        }
        catch (Exception e) when (e is RedisException or OperationCanceledException or ObjectDisposedException)
        {
            // It did not come about.
        }
    }
}
