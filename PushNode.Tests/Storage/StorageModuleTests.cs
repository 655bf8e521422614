using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using PushNode.Messages;
using PushNode.Settings;
using PushNode.Storage;
using PushNode.Storage.Journal;
using PushNode.Tests.Support;

namespace PushNode.Tests.Storage;

internal sealed class StorageModuleTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Test]
    public async Task Host_OpensTheStoreBeforeServices_AndClosesItAfterThem()
    {
        string path = folder.File("not/there/yet");
        using (IHost host = CreateHost(path))
        {
            await host.StartAsync();
            await host.StopAsync();
        }

        using IHost second = CreateHost(path);
        await second.StartAsync();
        MessagePage page = await second.Services.GetRequiredService<IMessageStore>().ReadAsync(Channel.All, 0, 1000, default);
        await second.StopAsync();

        Assert.That(page.Messages.Select(static m => m.Id), Is.EqualTo(new[] { "started", "stopped" }));
    }

    [Test]
    public async Task DataFolder_InUse_IsRefused_NamingFolderAndReason()
    {
        using IHost first = CreateHost(folder.Path);
        await first.StartAsync();
        using IHost second = CreateHost(folder.Path);

        Assert.That(
            async () => await second.StartAsync(),
            Throws.TypeOf<SettingsException>().With.Message.Contains(folder.Path).And.Message.Contains("another pushnode uses this folder"));
        await first.StopAsync();

        using IHost third = CreateHost(folder.Path);
        await third.StartAsync();
        await third.StopAsync();
    }

    [Test]
    [Platform(Exclude = "Win")]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task DataFolder_ThatIsMade_IsForItsOwnerOnly()
    {
        string path = folder.File("data");
        using IHost host = CreateHost(path);
        await host.StartAsync();
        await host.StopAsync();

        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Assert.That(new[] { File.GetUnixFileMode(path), File.GetUnixFileMode(Path.Combine(path, "journal")) }, Is.All.EqualTo(Owner));
    }

    [Test]
    public void DataFolder_ThatCannotBeMade_IsRefused_NamingIt()
    {
        File.WriteAllText(folder.File("file"), "");
        string path = folder.File("file/data");
        using IHost host = CreateHost(path);

        Assert.That(
            async () => await host.StartAsync(),
            Throws.TypeOf<SettingsException>().With.Message.Contains($"Data is '{path}': it cannot be written"));
    }

    [TestCase("Journal:SegmentBytes", "5")]
    [TestCase("Journal:MaxBytes", "1000000")]
    [TestCase("Journal:Retention", "00:00:01")]
    [TestCase("Journal:SyncInterval", "1.00:00:00")]
    [TestCase("Journal:Sync", "Sometimes")]
    public void Settings_OutOfRange_AreRefused_NamingTheKey(string key, string value)
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection([new(key, value)]).Build();

        Assert.That(() => new ServiceCollection().AddStorage(configuration), Throws.TypeOf<SettingsException>().With.Message.Contains(key).And.Message.Contains(value));
    }

    [TestCase("Journal:SegmentBytes is '1048576': Journal:MaxBytes must be 2 to 4096 times Journal:SegmentBytes, and is 10737418240: set Journal:MaxBytes too, from 2097152 to 4294967296", "1048576", null)]
    [TestCase("Journal:MaxBytes is '100000000': Journal:MaxBytes must be 2 to 4096 times Journal:SegmentBytes, which is 67108864: so it must be from 134217728 to 274877906944", null, "100000000")]
    [TestCase("Journal:MaxBytes is '4294967297'", "1048576", "4294967297")]
    [TestCase(null, "1048576", "4294967296")]
    [TestCase(null, "1048576", "2097152")]
    public void SizesThatDoNotGoTogether_AreRefused_NamingTheOneThatWasSet(string? sentence, string? segment, string? max)
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Journal:SegmentBytes", segment), new("Journal:MaxBytes", max)]).Build();

        Assert.That(
            () => new ServiceCollection().AddStorage(configuration),
            sentence is null ? Throws.Nothing : Throws.TypeOf<SettingsException>().With.Message.StartsWith(sentence));
    }

    [TestCase(nameof(JournalSync.EveryIntervalLosingUpToIt))]
    [TestCase(nameof(JournalSync.NeverLeavingItToTheSystem))]
    public void Settings_CanWeakenTheSync(string value)
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Journal:Sync", value)]).Build();
        var services = new ServiceCollection();

        services.AddStorage(configuration);

        Assert.That(services.BuildServiceProvider().GetRequiredService<JournalSettings>().Sync.ToString(), Is.EqualTo(value));
    }

    private static IHost CreateHost(string data)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSingleton(new DataFolder(data));

        // Registered first, as a module may be whose service appends while it starts and stops.
        builder.Services.AddHostedService<AppendingService>();
        builder.Services.AddStorage(builder.Configuration);
        return builder.Build();
    }

    private sealed class AppendingService(IMessageStore store) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => AppendAsync("started");

        public Task StopAsync(CancellationToken cancellationToken) => AppendAsync("stopped");

        private async Task AppendAsync(string id) =>
            await store.AppendAsync([new Message(Channel.All, id, 0, long.MaxValue, null, "1"u8) { HasProducerId = true }], default);
    }
}
