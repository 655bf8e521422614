using System.Collections;
using Microsoft.Extensions.Configuration;
using PushNode.Hosting;
using PushNode.Settings;
using PushNode.Tests.Support;

namespace PushNode.Tests.Hosting;

internal sealed class NodeConfigurationTests
{
    private static readonly Dictionary<string, string?> Nothing = [];

    [Test]
    public void Build_EachSource_GoesOverTheOneBefore()
    {
        using var folder = new TemporaryFolder();
        string file = folder.File("node.json");
        File.WriteAllText(file, """{ "Data": "file", "Roles": "file", "Urls": "file", /* comments are fine */ "Hosting": { "HeaderTimeout": "00:00:01" } }""");

        IConfigurationRoot configuration = NodeConfiguration.Build(
            file,
            new Dictionary<string, string?> { ["Urls"] = "line" },
            new Hashtable { ["PUSHNODE_Roles"] = "environment", ["PUSHNODE_URLS"] = "environment", ["pushnode_Hosting__ShutdownTimeout"] = "00:00:02", ["Data"] = "not ours" });

        Assert.That(configuration["Data"], Is.EqualTo("file"));
        Assert.That(configuration["Roles"], Is.EqualTo("environment"));
        Assert.That(configuration["Urls"], Is.EqualTo("line"));
        Assert.That(configuration["Hosting:HeaderTimeout"], Is.EqualTo("00:00:01"));
        Assert.That(configuration["Hosting:ShutdownTimeout"], Is.EqualTo("00:00:02"));
        Assert.That(configuration["Logging:LogLevel:Default"], Is.EqualTo("Information"), "from the file beside the executable");
    }

    [Test]
    public void Build_UnknownKeys_AreAllNamed()
    {
        Assert.That(
            () => NodeConfiguration.Build(null, new Dictionary<string, string?> { ["Colect:MaxDataBytes"] = "1" }, new Hashtable { ["PUSHNODE_Role"] = "auth" }),
            Throws.TypeOf<SettingsException>().With.Message.Contains("Colect is no setting").And.Message.Contains("Role is no setting").And.Message.Contains("Hosting"));
    }

    [Test]
    public void Build_WhatKubernetesInjects_IsNotTakenForSettings()
    {
        var environment = new Hashtable
        {
            ["PUSHNODE_SERVICE_HOST"] = "10.0.0.1",
            ["PUSHNODE_SERVICE_PORT_HTTP"] = "80",
            ["PUSHNODE_PORT"] = "tcp://10.0.0.1:80",
            ["PUSHNODE_PORT_8080_TCP_ADDR"] = "10.0.0.1",
            ["PUSHNODE_CLUSTER_SERVICE_PORT"] = "80",
        };

        Assert.That(() => NodeConfiguration.Build(null, Nothing, environment), Throws.Nothing);
    }

    [Test]
    public void Build_AMissingFile_IsRefusedByName()
    {
        Assert.That(() => NodeConfiguration.Build("no/such.json", Nothing, new Hashtable()), Throws.TypeOf<SettingsException>().With.Message.StartsWith("no/such.json cannot be read"));
    }

    [TestCase("{ \"Data\": ")]
    [TestCase("[]")]
    [TestCase("{ \"Data\": \"a\", \"data\": \"b\" }")]
    public void Build_ABrokenFile_IsRefusedByName(string text)
    {
        using var folder = new TemporaryFolder();
        string file = folder.File("node.json");
        File.WriteAllText(file, text);

        Assert.That(() => NodeConfiguration.Build(file, Nothing, new Hashtable()), Throws.TypeOf<SettingsException>().With.Message.StartsWith($"{file} is not a JSON object"));
    }

    [Test]
    public void Build_ARelativeDataFolder_IsMeantFromTheCurrentDirectory()
    {
        var node = NodeOptions.From(NodeConfiguration.Build(null, new Dictionary<string, string?> { ["Data"] = "some/where" }, new Hashtable()));

        Assert.That(node.Data, Is.EqualTo(Path.Combine(Environment.CurrentDirectory, "some", "where")));
    }

    [Test]
    public void Build_AList_ComesWholeFromTheLastSourceThatHasIt()
    {
        using var folder = new TemporaryFolder();
        string file = folder.File("node.json");
        File.WriteAllText(file, """{ "Urls": ["http://127.0.0.1:1", "http://127.0.0.1:2"], "Push": { "AllowedOrigins": ["https://a", "https://b"] }, "Collect": { "ApiKeys": "old-1,old-2", "MaxDataBytes": 5 } }""");

        IConfigurationRoot configuration = NodeConfiguration.Build(
            file,
            new Dictionary<string, string?> { ["Collect:ApiKeys:0"] = "new" },
            new Hashtable { ["PUSHNODE_Push__AllowedOrigins__0"] = "https://c", ["PUSHNODE_URLS"] = "http://127.0.0.1:3" });

        Assert.That(SettingList.Read(configuration.GetSection("Urls")), Is.EqualTo(new[] { "http://127.0.0.1:3" }), "a text over an array");
        Assert.That(SettingList.Read(configuration.GetSection("Push:AllowedOrigins")), Is.EqualTo(new[] { "https://c" }), "an index over an array");
        Assert.That(SettingList.Read(configuration.GetSection("Collect:ApiKeys")), Is.EqualTo(new[] { "new" }), "an index over a text");
        Assert.That(configuration["Collect:MaxDataBytes"], Is.EqualTo("5"), "what is no list is merged");
    }

    [Test]
    public void From_UrlsAndRoles_MayBeLists()
    {
        var node = NodeOptions.From(Configure(("Urls:0", "http://127.0.0.1:1"), ("Urls:1", "http://127.0.0.1:2"), ("Roles:0", "auth"), ("Roles:1", "push")));

        Assert.That(node.Urls.Select(static u => u.Port), Is.EqualTo(new[] { 1, 2 }));
        Assert.That(node.Roles, Is.EqualTo(Roles.Auth | Roles.Push));
    }

    [TestCase("Data:0", "Data takes one value")]
    [TestCase("Urls:one", "Urls:one is no entry of a list: write Urls:0, Urls:1 and so on, or Urls with the entries separated by commas")]
    public void From_AListThatIsNone_IsRefused(string key, string sentence) =>
        Assert.That(() => NodeOptions.From(Configure((key, "x"))), Throws.TypeOf<SettingsException>().With.Message.StartsWith(sentence));

    private static IConfiguration Configure(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(static s => KeyValuePair.Create(s.Key, (string?)s.Value))).Build();
}
