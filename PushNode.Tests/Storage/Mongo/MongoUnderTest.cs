using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PushNode.Diagnostics;
using PushNode.Storage;
using PushNode.Tests.Support;

namespace PushNode.Tests.Storage.Mongo;

/// <summary>A store in a MongoDB, as a node has it.</summary>
internal sealed class MongoUnderTest : IAsyncDisposable
{
    private readonly IHost host;
    private int epochChanges;
    private int restarts;
    private bool isDisposed;

    /// <param name="uri">The connection string.</param>
    /// <param name="database">The database.</param>
    /// <param name="settings">More of the section Mongo.</param>
    public MongoUnderTest(string uri, string database, params (string Key, string Value)[] settings)
        : this(uri, database, hints: null, settings)
    {
    }

    /// <param name="uri">The connection string.</param>
    /// <param name="database">The database.</param>
    /// <param name="hints">What the cluster knows of heads; null: there is no cluster.</param>
    /// <param name="settings">More of the section Mongo.</param>
    public MongoUnderTest(string uri, string database, IHeadHints? hints, params (string Key, string Value)[] settings)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection([
            KeyValuePair.Create("Mongo:Connection", (string?)uri),
            KeyValuePair.Create("Mongo:Database", (string?)database),
            .. settings.Select(static s => KeyValuePair.Create($"Mongo:{s.Key}", (string?)s.Value)),
        ]);
        builder.Logging.AddProvider(Log);
        builder.Services.AddSingleton<TimeProvider>(Time);
        if (hints is not null)
            builder.Services.AddSingleton(hints);
        builder.Services.AddMongoStore(builder.Configuration);
        host = builder.Build();
        IStoreWatch watch = host.Services.GetRequiredService<IStoreWatch>();
        watch.OnEpochChanged(() => Interlocked.Increment(ref epochChanges));
        watch.OnRestarted(() => Interlocked.Increment(ref restarts));
    }

    public ShiftedTime Time { get; } = new();

    public LogRecorder Log { get; } = new();

    public IMessageStore Store => host.Services.GetRequiredService<IMessageStore>();

    public string? Unready => host.Services.GetRequiredService<IReadinessCheck>().Reason;

    public int EpochChanges => Volatile.Read(ref epochChanges);

    public int Restarts => Volatile.Read(ref restarts);

    public long Now => Time.GetUtcNow().ToUnixTimeMilliseconds();

    public async Task<MongoUnderTest> StartAsync()
    {
        await host.StartAsync();
        return this;
    }

    public Task IsWellAsync() => Eventually.BecomesTrueAsync(() => Store.Trouble is null, "the database is found");

    public async ValueTask DisposeAsync()
    {
        if (isDisposed)
            return;
        isDisposed = true;
        await host.StopAsync();
        if (host is IAsyncDisposable all)
            await all.DisposeAsync();
        Log.Dispose();
    }
}
