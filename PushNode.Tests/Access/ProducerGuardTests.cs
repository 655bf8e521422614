using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using PushNode.Access;
using PushNode.Diagnostics;
using PushNode.Settings;
using PushNode.Tests.Support;

namespace PushNode.Tests.Access;

internal sealed class ProducerGuardTests
{
    private const string One = "first-key-0123456789";
    private const string Two = "second-key-0123456789";

    [TestCase("http", "127.0.0.1:8080", "http://127.0.0.1:8080", true)]
    [TestCase("http", "localhost:8080", "http://LOCALHOST:8080", true)]
    [TestCase("http", "[::1]:8080", "http://[::1]:8080", true)]
    [TestCase("http", "localhost", "http://localhost", true)]
    [TestCase("https", "localhost", "https://localhost:443", true)]
    [TestCase("http", "127.0.0.1:8080", "http://127.0.0.1:8081", false)]
    [TestCase("http", "127.0.0.1:8080", "https://127.0.0.1:8080", false)]
    [TestCase("http", "127.0.0.1:8080", "http://localhost:8080", false)]
    [TestCase("http", "127.0.0.1:8080", "http://evil.example", false)]
    [TestCase("http", "127.0.0.1:8080", "null", false)]
    [TestCase("http", "127.0.0.1:8080", "", false)]
    [TestCase("http", "127.0.0.1:8080", "nonsense", false)]
    public void Origin_MustBeTheRequestsOwn(string scheme, string host, string origin, bool accepted)
    {
        DefaultHttpContext context = Request(scheme, host);
        context.Request.Headers.Origin = origin;

        Problem? refused = Guard().Check(context);

        Assert.That(refused?.Code, Is.EqualTo(accepted ? null : "foreign_origin"));
        Assert.That(refused?.Status, Is.EqualTo(accepted ? null : 403));
    }

    [Test]
    public void Origin_GivenTwice_IsForeign()
    {
        DefaultHttpContext context = Request("http", "localhost");
        context.Request.Headers.Origin = new(["http://localhost", "http://evil.example"]);

        Assert.That(Guard().Check(context)?.Code, Is.EqualTo("foreign_origin"));
    }

    [TestCase("localhost:8080", true)]
    [TestCase("127.0.0.1", true)]
    [TestCase("127.255.0.9:80", true)]
    [TestCase("[::1]:8080", true)]
    [TestCase("evil.example:8080", false)]
    [TestCase("localhost.evil.example", false)]
    [TestCase("10.0.0.5:8080", false)]
    [TestCase("", false)]
    public void Host_MustBeLoopback_WhileThereAreNoKeys(string host, bool accepted)
    {
        ProducerGuard open = Guard();
        ProducerGuard keyed = Guard(("ApiKeys:0", One));
        DefaultHttpContext context = Request("http", host);
        context.Request.Headers["X-Api-Key"] = One;

        Assert.That(open.IsOpen, Is.True);
        Assert.That(open.Check(context)?.Code, Is.EqualTo(accepted ? null : "foreign_host"));
        Assert.That(keyed.Check(context), Is.Null);
    }

    [Test]
    public void Keys_AreToldApart()
    {
        ProducerGuard guard = Guard(("ApiKeys:0", One), ("ApiKeys:1", Two));

        Assert.That(guard.IsOpen, Is.False);
        Assert.That(guard.Producers, Is.EqualTo(2));
        Assert.That(guard.Check(WithKey(One), out int one), Is.Null);
        Assert.That(guard.Check(WithKey(Two), out int two), Is.Null);
        Assert.That((one, two), Is.EqualTo((0, 1)));
    }

    [Test]
    public void TheAdminKey_IsAProducerOfItsOwn()
    {
        ProducerGuard guard = Guard(new AdminKey(new SharedSecret(Two)), ("ApiKeys:0", One));

        Assert.That(guard.Producers, Is.EqualTo(2));
        Assert.That(guard.Check(WithKey(One), out int producer), Is.Null);
        Assert.That(guard.Check(WithKey(Two), out int admin), Is.Null);
        Assert.That((producer, admin), Is.EqualTo((0, 1)));
        Assert.That(guard.Check(WithKey("third-key-0123456789"))?.Status, Is.EqualTo(401));
    }

    [TestCase("", "needs an API key")]
    [TestCase("first-key-012345678", "not one of")]
    [TestCase("first-key-01234567890", "not one of")]
    [TestCase("FIRST-KEY-0123456789", "not one of")]
    [TestCase("ключ-ключ-ключ-ключ-ключ", "not one of")]
    public void WrongKey_Is401(string key, string sentence)
    {
        Problem? refused = Guard(("ApiKeys:0", One)).Check(WithKey(key));

        Assert.That(refused?.Status, Is.EqualTo(401));
        Assert.That(refused!.Detail, Does.Contain(sentence));
    }

    [Test]
    public void HugeKey_Is401() => Assert.That(Guard(("ApiKeys:0", One)).Check(WithKey(new string('é', 100_000)))?.Status, Is.EqualTo(401));

    [TestCase("first-key-0123456789,second-key-0123456789")]
    [TestCase("first-key-0123456789, second-key-0123456789")]
    public void OneValue_IsAList(string value)
    {
        ProducerGuard guard = Guard(("ApiKeys", value));

        Assert.That(guard.Producers, Is.EqualTo(2));
        Assert.That(guard.Check(WithKey(Two)), Is.Null);
    }

    [Test]
    public void KeysAndFile_AreAddedUp()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("keys"), $"# a comment\r\n\r\n  {Two}  \r\n");

        ProducerGuard guard = Guard(("ApiKeys:0", One), ("ApiKeysFile", folder.File("keys")));

        Assert.That(guard.Check(WithKey(One)), Is.Null);
        Assert.That(guard.Check(WithKey(Two)), Is.Null);
    }

    [TestCase("ApiKeys:0", "too-short", "Collect:ApiKeys:0 is no API key: it must be 16 to 256")]
    [TestCase("ApiKeys:0", "", "Collect:ApiKeys:0 is no API key")]
    [TestCase("ApiKeys:0", "with a space in the middle", "Collect:ApiKeys:0 is no API key")]
    [TestCase("ApiKeys", "first-key-0123456789,short", "Collect:ApiKeys:1 is no API key")]
    [TestCase("ApiKeysFile", "/does/not/exist", "Collect:ApiKeysFile is '/does/not/exist': the file cannot be read")]
    public void BadKeys_StopTheStart_WithoutShowingThem(string key, string value, string sentence)
    {
        SettingsException? refused = Assert.Throws<SettingsException>(() => Guard((key, value)));

        Assert.That(refused!.Message, Does.StartWith(sentence));
        Assert.That(refused.Message, Does.Not.Contain("too-short").And.Not.Contains("first-key"));
    }

    [TestCase("# only a comment\n", "the file holds no key")]
    [TestCase("first-key-0123456789\nshort\n", "line 2 is no API key")]
    public void BadKeyFile_StopsTheStart(string content, string sentence)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("keys"), content);

        Assert.That(() => Guard(("ApiKeysFile", folder.File("keys"))), Throws.InstanceOf<SettingsException>().With.Message.Contains(sentence));
    }

    private static ProducerGuard Guard(params (string Key, string Value)[] settings) => Guard(AdminKey.None, settings);

    private static ProducerGuard Guard(AdminKey admin, params (string Key, string Value)[] settings)
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(static s => KeyValuePair.Create($"Collect:{s.Key}", (string?)s.Value)))
            .Build();
        using ServiceProvider services = new ServiceCollection().AddSingleton(admin).AddAccess(configuration).AddAccess(configuration).BuildServiceProvider();
        return services.GetRequiredService<ProducerGuard>();
    }

    private static DefaultHttpContext Request(string scheme, string host) => new() { Request = { Scheme = scheme, Host = new HostString(host) } };

    private static DefaultHttpContext WithKey(string key)
    {
        DefaultHttpContext context = Request("http", "node.example");
        context.Request.Headers["X-Api-Key"] = key;
        return context;
    }
}
