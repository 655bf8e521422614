using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using PushNode.Cluster;
using PushNode.Cluster.Redis;
using PushNode.Diagnostics;
using PushNode.Peers;
using PushNode.Settings;
using PushNode.Storage;
using PushNode.Storage.Journal;
using PushNode.Tests.Support;
using StackExchange.Redis;

namespace PushNode.Tests.Cluster;

internal sealed class RedisSettingsTests
{
    private readonly TemporaryFolder folder = new();

    [TearDown]
    public void Dispose() => folder.Dispose();

    [TestCase("redis.internal", "redis.internal:6379", null, false, null)]
    [TestCase("10.0.0.7:7000", "10.0.0.7:7000", null, false, null)]
    [TestCase("a:1, b:2,password=s3cret,ssl=true,defaultDatabase=3", "a:1, b:2 (database 3)", "s3cret", true, 3)]
    [TestCase("redis://localhost", "localhost:6379", null, false, null)]
    [TestCase("redis://:p%2Cw%40@host:7000/2", "host:7000 (database 2)", "p,w@", false, 2)]
    [TestCase("rediss://default:pw@[::1]:7000", "[::1]:7000", "pw", true, null)]
    public void Connection_IsReadAsAListOrAUrl(string text, string addresses, string? password, bool tls, int? database)
    {
        ConfigurationOptions options = RedisAddress.From(Bind(("Redis:Connection", text)));

        Assert.That(RedisAddress.ToText(options), Is.EqualTo(addresses));
        Assert.That(options.Password ?? "", Is.EqualTo(password ?? ""));
        Assert.That(options.Ssl, Is.EqualTo(tls));
        Assert.That(options.DefaultDatabase, Is.EqualTo(database));
    }

    [TestCase("host:port,password=s3cret")]
    [TestCase("host:99999,password=s3cret")]
    [TestCase("password=s3cret")]
    [TestCase("host:1,password=x,s3 cret")]
    [TestCase("host:1,password=x,s3cret=1")]
    [TestCase("host:1,ssl=s3cret")]
    [TestCase("http://:s3cret@host:1")]
    [TestCase("redis://:s3cret@/1")]
    [TestCase("redis://:s3cret@host/first")]
    [TestCase("redis://me:s3cret@host")]
    [TestCase("redis://:s3cret@host?db=1")]
    public void Connection_ThatCannotBeUsed_IsRefused_WithoutQuotingIt(string text)
    {
        Assert.That(
            () => Bind(("Redis:Connection", text)),
            Throws.TypeOf<SettingsException>().With.Message.StartsWith("Redis:Connection ").And.Message.Contains("host").And.Message.Not.Contains("s3").And.Message.Not.Contains("cret"));
    }

    [TestCase("Redis:Timeout", "00:00:00.049")]
    [TestCase("Redis:Timeout", "00:00:31")]
    [TestCase("Redis:NodeLifetime", "00:00:00.9")]
    [TestCase("Redis:NodeLifetime", "00:06:00")]
    [TestCase("Redis:Prefix", "a b")]
    [TestCase("Redis:Prefix", "ü")]
    [TestCase("Redis:Nonsense", "1")]
    public void ValueOutOfItsBounds_IsRefused(string key, string value)
    {
        Assert.That(() => Bind((key, value)), Throws.TypeOf<SettingsException>().With.Message.StartsWith(key));
    }

    [Test]
    public void ConnectionFile_IsReadInstead_AndWhatIsWrongInItIsNotQuoted()
    {
        File.WriteAllText(folder.File("good"), "host:1,password=s3cret\n");
        File.WriteAllText(folder.File("bad"), "host:1,s3cret=1");

        Assert.That(RedisAddress.From(Bind(("Redis:ConnectionFile", folder.File("good")))).EndPoints, Is.EqualTo(new EndPoint[] { new DnsEndPoint("host", 1) }));
        Assert.That(() => RedisAddress.From(Bind(("Redis:ConnectionFile", folder.File("bad")))), Throws.TypeOf<SettingsException>().With.Message.StartsWith("Redis:ConnectionFile ").And.Message.Not.Contains("s3cret"));
        Assert.That(() => RedisAddress.From(Bind(("Redis:ConnectionFile", folder.File("none")))), Throws.TypeOf<SettingsException>().With.Message.StartsWith("Redis:ConnectionFile "));
        Assert.That(() => Bind(("Redis:ConnectionFile", "f"), ("Redis:Connection", "host")), Throws.TypeOf<SettingsException>().With.Message.StartsWith("Redis:Connection "));
        Assert.That(() => RedisAddress.From(Bind()), Throws.TypeOf<SettingsException>().With.Message.StartsWith("Redis:Connection "));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Module_RegistersAClusterInRedis_ThatIsReadyFromTheFirstContactOn(bool stores)
    {
        await using RedisServer server = RedisServer.Prepare();
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(new DataFolder(folder.Path));
        services.AddSingleton(new ClusterOptions());
        services.AddSingleton(InternalListener.Secret);
        services.AddSingleton(PeerCertificates.None);
        services.AddPeers("10.0.0.1:8081");
        services.AddStorage(Configuration());
        services.AddSingleton<INodeLoad>(new Load());
        services.AddSingleton<IHostApplicationLifetime, ApplicationLifetimeOfTests>();
        services.AddRedis(Configuration(("Redis:Connection", server.Address)), Roles.Push, stores ? StoreKind.Own : StoreKind.Elsewhere);
        await using ServiceProvider provider = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true });
        await provider.GetRequiredService<JournalStore>().OpenAsync(default);
        IHostedService[] hosted = [.. provider.GetServices<IHostedService>()];

        Task started = Task.WhenAll(hosted.Select(static h => h.StartAsync(default)));
        IReadinessCheck redis = provider.GetServices<IReadinessCheck>().Single(static c => c.Name == "redis");
        Assert.That(redis.Reason, Does.Contain(server.Address));
        await server.StartAsync();
        await started;
        await Eventually.BecomesTrueAsync(() => redis.Reason is null, "it is in contact");
        Assert.That(await server.CommandAsync("GET", "pn:node:10.0.0.1:8081"), Is.Empty, "it does not listen yet");
        Assert.That(provider.GetServices<IReadinessCheck>().Select(static c => c.Reason), Has.One.EqualTo("the other nodes have not been told of this one yet"));
        await Task.WhenAll(hosted.OfType<IHostedLifecycleService>().Select(static h => h.StartedAsync(default)));
        await Eventually.BecomesTrueAsync(async () => string.Concat(await server.CommandAsync("GET", "pn:node:10.0.0.1:8081")).Contains($"\"stores\":{(stores ? "true" : "false")}", StringComparison.Ordinal), "it tells what it is");
        Assert.That((await server.CommandAsync("GET", "pn:node:10.0.0.1:8081"))[0], Does.Contain("\"connections\":5"));
        Assert.That(provider.GetRequiredService<IRouteTable>(), Is.TypeOf<RedisRouteTable>());
        Assert.That(provider.GetRequiredService<IHeads>(), Is.TypeOf<RedisHeads>());
        Assert.That(provider.GetRequiredService<IRevocationCopy>(), Is.TypeOf<RedisRevocationCopy>());
        Assert.That(provider.GetRequiredService<IPeerDirectory>(), Is.TypeOf<RedisPeerDirectory>());
        foreach (IHostedService service in hosted.Reverse())
            await service.StopAsync(default);
        Assert.That(await server.CommandAsync("KEYS", "*"), Is.EquivalentTo(stores ? ["pn:epoch"] : Array.Empty<string>()), "it takes itself out");
        await server.KillAsync();
        Assert.That(provider.GetServices<IReadinessCheck>().Where(static c => c is not StoreReadiness).Select(static c => c.Reason), Is.All.Null, "without Redis it goes on");
    }

    private static RedisOptions Bind(params (string Key, string Value)[] settings) => SettingsRegistration.Bind<RedisOptions>(Configuration(settings));

    private static IConfigurationRoot Configuration(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(static s => KeyValuePair.Create(s.Key, (string?)s.Value))).Build();

    private sealed class Load : INodeLoad
    {
        public int Connections => 5;
    }

    private sealed class ApplicationLifetimeOfTests : IHostApplicationLifetime
    {
        public CancellationToken ApplicationStarted => default;

        public CancellationToken ApplicationStopping => default;

        public CancellationToken ApplicationStopped => default;

        public void StopApplication() => Assert.Fail("nothing ends this node");
    }
}
