using PushNode.Auth;
using PushNode.Settings;
using PushNode.Tests.Support;

namespace PushNode.Tests.Auth;

/// <summary>The key that a node makes for itself.</summary>
internal sealed class SigningKeyTests
{
    [Test]
    public void Made_IsForItsOwnerOnly_AndIs32RandomBytes()
    {
        using var folder = new TemporaryFolder();

        SigningKey.LoadOrCreate(new DataFolder(folder.Path));

        Assert.That(Convert.FromBase64String(File.ReadAllText(folder.File("signing.key"))), Has.Length.EqualTo(32));
        Assert.That(Directory.GetFiles(folder.Path), Has.Length.EqualTo(1), "nothing is left aside");
        if (!OperatingSystem.IsWindows())
            Assert.That(File.GetUnixFileMode(folder.File("signing.key")), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Test]
    public async Task MadeByManyAtTheSameTime_AllHaveTheSame()
    {
        using var folder = new TemporaryFolder();
        var data = new DataFolder(folder.File("new"));
        using var start = new Barrier(8);

        TokenSigner[] signers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait();
                return TestTokens.Signer(data, new ManualTime());
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));

        Assert.That(signers.Select(static s => s.Sign("alice", TimeSpan.FromHours(1), [])).Distinct().Count(), Is.EqualTo(1));
        Assert.That(Directory.GetFiles(data.Path), Has.Length.EqualTo(1));
    }

    [TestCase("")]
    [TestCase("garbage")]
    [TestCase("c2hvcnQ=")]
    public void Damaged_IsRefused_AndNotReplaced(string content)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("signing.key"), content);

        Assert.That(
            () => SigningKey.LoadOrCreate(new DataFolder(folder.Path)),
            Throws.TypeOf<SettingsException>().With.Message.Contain("signing.key in it is not the base64 of 32 bytes; move it away"));
        Assert.That(File.ReadAllText(folder.File("signing.key")), Is.EqualTo(content));
    }

    [Test]
    public void OfAFolderThatNoNodeHasRunWith_IsRefused_AndNothingIsMade()
    {
        using var folder = new TemporaryFolder();
        var data = new DataFolder(folder.File("data"));

        Assert.That(() => SigningKey.Load(data), Throws.TypeOf<SettingsException>().With.Message.StartWith($"Data is '{data.Path}': no node has run with this data folder").And.Message.Contain("--data"));
        Assert.That(Directory.Exists(data.Path), Is.False);
    }

    [Test]
    public void FolderThatIsAFile_IsRefused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("data"), "");

        Assert.That(() => SigningKey.LoadOrCreate(new DataFolder(folder.File("data"))), Throws.TypeOf<SettingsException>().With.Message.Contain("signing.key cannot be made in it"));
    }
}
