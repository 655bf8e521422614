using System.Diagnostics.CodeAnalysis;
using PushNode.Settings;
using StackExchange.Redis;

namespace PushNode.Cluster.Redis;

/// <summary>
/// This node's connection to Redis. It is made in the background and made again whenever it breaks; every call is bounded. The first call that fails has
/// all others fail at once, so that nobody waits for a Redis that is away, until a probe has succeeded.
/// </summary>
internal sealed class RedisLink : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestHold = TimeSpan.FromSeconds(5);

    /// <summary>A Redis that is away again within this time does not count as back at the first probe next time.</summary>
    private static readonly TimeSpan Steady = TimeSpan.FromSeconds(10);

    private readonly RedisOptions options;
    private readonly TimeProvider time;
    private readonly ILogger<RedisLink> logger;
    private readonly RedisConnection connection;
    private readonly CancellationTokenSource stopping = new();
    private readonly SemaphoreSlim wentAway = new(0, 1);
    private readonly HashSet<string> told = [];
    private readonly Lock gate = new();
    private Func<IDatabase, CancellationToken, Task> probe = static (database, _) => database.PingAsync(CommandFlags.DemandMaster);
    private Task running = Task.CompletedTask;
    private volatile RedisState state;
    private long generation = 1;
    private long lastReturn;
    private long backSince;
    private int relapses;

    /// <exception cref="SettingsException">It is not said where Redis is.</exception>
    public RedisLink(RedisOptions options, TimeProvider time, ILogger<RedisLink> logger)
    {
        this.options = options;
        this.time = time;
        this.logger = logger;
        ConfigurationOptions configuration = RedisAddress.From(options);
        Address = RedisAddress.ToText(configuration);
        state = new RedisState(Era: 0, Database: null, Trouble: "it has not been reached yet", Since: time.GetTimestamp());
        connection = new RedisConnection(configuration, options.Timeout, time);
        connection.Broken += OnBroken;
        connection.Restored += NoteReturn;
    }

    /// <summary>Where it is, for people; without the password.</summary>
    public string Address { get; }

    /// <summary>False while calls fail at once.</summary>
    public bool IsReachable => state.Database is not null;

    /// <summary>Whether it has been reached since the start.</summary>
    public bool WasReached => state.Era > 0;

    /// <summary>Why it is not reachable, as the rest of a sentence; null while it is.</summary>
    public string? Trouble => state.Trouble;

    /// <summary>Whether several keys of one command must be of one slot.</summary>
    public bool IsRedisCluster => connection.IsRedisCluster;

    /// <summary>Raised each time that what was written before may be lost. Never 0.</summary>
    public long Generation => Interlocked.Read(ref generation);

    /// <summary>Whether it was away, or lost what was in it, so short a time ago that nodes may not have written themselves down again.</summary>
    public bool IsReturning => Interlocked.Read(ref lastReturn) is not 0 and long since && time.GetElapsedTime(since) < options.NodeLifetime;

    /// <summary>Has Redis count as back only when this has succeeded; it bounds its calls itself with <see cref="BoundAsync"/>. For wiring at start.</summary>
    public void UseProbe(Func<IDatabase, CancellationToken, Task> newProbe) => probe = newProbe;

    /// <summary>Begins to connect.</summary>
    public void Start() => running = RunAsync(stopping.Token);

    /// <summary>Calls Redis.</summary>
    /// <exception cref="RedisAwayException">It is away, or was found to be so: no answer in time, no connection, or an answer by which it can do nothing.</exception>
    /// <exception cref="RedisServerException">It refused this call, for a reason of the call's own: a key of another type, for example.</exception>
    public async Task<T> CallAsync<T>(Func<IDatabase, Task<T>> call, CancellationToken cancellationToken)
    {
        RedisState now = state;
        if (now.Database is null)
            throw new RedisAwayException(now.Trouble!);
        try
        {
            return await BoundAsync(call(now.Database), cancellationToken);
        }
        catch (Exception e) when (IsAway(e, cancellationToken))
        {
            throw GoAway(now.Era, e);
        }
    }

    /// <inheritdoc cref="CallAsync{T}(Func{IDatabase, Task{T}}, CancellationToken)"/>
    public async Task CallAsync(Func<IDatabase, Task> call, CancellationToken cancellationToken) =>
        await CallAsync<bool>(
            async database =>
            {
                await call(database);
                return true;
            },
            cancellationToken);

    /// <summary>
    /// Begins a batch of calls, which succeed and fail one by one: the caller waits for them together with <see cref="SettleAsync"/>, in the era in which they began.
    /// </summary>
    public bool TryBegin([NotNullWhen(true)] out IDatabase? database, out int era)
    {
        RedisState now = state;
        database = now.Database;
        era = now.Era;
        return database is not null;
    }

    /// <summary>Waits until all have ended, or for as long as a call may take. Does not throw for those that failed; Redis counts as away when one did for that.</summary>
    /// <param name="calls">The calls; null: they could not be sent.</param>
    /// <param name="era">When they began.</param>
    /// <param name="cancellationToken">Ends the waiting with an exception.</param>
    public async Task SettleAsync(Task calls, int era, CancellationToken cancellationToken)
    {
        try
        {
            await BoundAsync(calls, cancellationToken);
        }
        catch (Exception e) when (IsAway(e, cancellationToken))
        {
            GoAway(era, e);
        }
        catch (RedisServerException)
        {
            // The first one that failed may hide another that says more.
            if (calls.Exception?.InnerExceptions.FirstOrDefault(e => IsAway(e, cancellationToken)) is { } away)
                GoAway(era, away);
        }
    }

    /// <summary>Redis counts as away since a call of this era failed.</summary>
    public RedisAwayException GoAway(int era, Exception failure)
    {
        string why = RedisTrouble.Describe(failure, connection, options.Timeout) ?? "the connection to it is broken";
        lock (gate)
        {
            // A call from before Redis came back says nothing of now.
            if (state.Era != era || state.Database is null)
                return new RedisAwayException(why);
            state = new RedisState(era, Database: null, why, time.GetTimestamp());
            relapses = time.GetElapsedTime(backSince) < Steady ? relapses + 1 : 0;
            told.Clear();
            wentAway.Release();
        }

        return new RedisAwayException(why);
    }

    /// <summary>Redis is there, but what was written to it may be lost.</summary>
    public void Lost(string what)
    {
        NoteReturn();
        logger.Forgotten(what);
    }

    /// <summary>What this node has in Redis is void, for a reason of its own.</summary>
    public void RaiseGeneration() => Interlocked.Increment(ref generation);

    /// <summary>Waits for an answer for as long as Redis may take.</summary>
    public Task<T> BoundAsync<T>(Task<T> answer, CancellationToken cancellationToken) => answer.WaitAsync(options.Timeout, cancellationToken);

    /// <inheritdoc cref="BoundAsync{T}"/>
    public Task BoundAsync(Task answer, CancellationToken cancellationToken) => answer.WaitAsync(options.Timeout, cancellationToken);

    /// <summary>Ends the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await running;
        lock (gate)
            state = state with { Database = null, Trouble = "this node is stopping" };
        connection.Dispose();
        wentAway.Dispose();
        stopping.Dispose();
    }

    private static bool IsAway(Exception failure, CancellationToken cancellationToken) =>
        !cancellationToken.IsCancellationRequested
        && (failure is TimeoutException or RedisConnectionException or ObjectDisposedException or OperationCanceledException
            || (failure is RedisServerException answer && RedisTrouble.IsGeneral(answer)));

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                await ComeBackAsync(cancellationToken);
                await wentAway.WaitAsync(cancellationToken);
                // One that keeps failing right after its return is given longer and longer: each return has all routes written again.
                if (relapses > 0)
                    await Task.Delay(Min(LongestHold, FirstPause * (1 << Math.Min(relapses, 10))), time, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    private async Task ComeBackAsync(CancellationToken cancellationToken)
    {
        TimeSpan pause = FirstPause;
        while (!await ProbeAsync(cancellationToken))
        {
            await Task.Delay(pause, time, cancellationToken);
            pause = Min(LongestPause, pause * 2);
        }
    }

    private async Task<bool> ProbeAsync(CancellationToken cancellationToken)
    {
        try
        {
            IDatabase database = await connection.OpenAsync(time.GetElapsedTime(state.Since), cancellationToken);
            await probe(database, cancellationToken);
            connection.Recognize();
            // Back without it, it would be away again with the first call for one of its keys, and all routes have been written for nothing.
            if (connection.FindGap() is { } gap)
                throw new RedisAwayException(gap);
            ComeBack(database);
            return true;
        }
        catch (Exception e)
        {
            // Whatever it was: this goes on for as long as the node runs.
            cancellationToken.ThrowIfCancellationRequested();
            await TryExplainAsync(e, cancellationToken);
            return false;
        }
    }

    private async Task TryExplainAsync(Exception failure, CancellationToken cancellationToken)
    {
        try
        {
            await ExplainAsync(failure, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            logger.Failed("Finding out why Redis is away", e);
        }
    }

    private async Task ExplainAsync(Exception failure, CancellationToken cancellationToken)
    {
        string? why = RedisTrouble.Describe(failure, connection, options.Timeout) ?? await connection.FindFaultAsync(cancellationToken);
        // Nothing found: the library is still connecting, or the next time tells more.
        why ??= RedisTrouble.Guess(failure) ?? (time.GetElapsedTime(state.Since) > LongestHold ? "no connection to it comes about" : null);
        if (why is null)
            return;
        state = state with { Trouble = why };
        if (told.Add(why))
            logger.Away(Address, why);
    }

    private void ComeBack(IDatabase database)
    {
        RedisState before = state;
        lock (gate)
        {
            backSince = time.GetTimestamp();
            if (before.Era > 0)
                NoteReturn();
            state = new RedisState(before.Era + 1, database, Trouble: null, backSince);
        }

        if (before.Era == 0)
        {
            logger.Reached(Address, connection.IsRedisCluster ? "a Redis Cluster" : "a master");
            return;
        }

        // Back at the first probe: nothing has been said yet.
        if (told.Count == 0)
            logger.Away(Address, before.Trouble!);
        logger.Back(Address, Math.Round(time.GetElapsedTime(before.Since).TotalSeconds, 1));
    }

    // An endpoint has gone: with others left, the calls find out whether that matters.
    private void OnBroken(Exception failure)
    {
        if (!connection.IsConnected)
            GoAway(state.Era, failure);
    }

    // Another server, or the same one after a restart, which may have lost everything.
    private void NoteReturn()
    {
        Interlocked.Exchange(ref lastReturn, time.GetTimestamp());
        Interlocked.Increment(ref generation);
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
