using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using PushNode.Hosting;
using PushNode.Peers;
using PushNode.Settings;
using PushNode.Tests.Support;

namespace PushNode.Tests.Hosting;

internal sealed class ClusterNodeTests
{
    private const string Secret = "a-secret-of-a-cluster";

    [TestCase("http://10.0.0.5:8081", null, "10.0.0.5:8081", false)]
    [TestCase("http://127.0.0.1:8081", null, "127.0.0.1:8081", true)]
    [TestCase("http://localhost:8081", null, "127.0.0.1:8081", true)]
    [TestCase("http://[fd00::5]:8081", null, "[fd00::5]:8081", false)]
    [TestCase("http://[::1]:8081", null, "[::1]:8081", true)]
    [TestCase("http://*:8081", "Node-1.internal:9000", "node-1.internal:9000", false)]
    [TestCase("http://127.0.0.1:8081", "localhost:9000", "localhost:9000", true)]
    [TestCase("http://*:8081", "[fd00::7]:9000", "[fd00::7]:9000", false)]
    public void Address_IsTheAdvertisedOne_ElseWhereItListens(string listen, string? advertise, string address, bool isLoopback)
    {
        var node = ClusterNode.From(new ClusterOptions { Listen = listen, Advertise = advertise, Secret = Secret });

        Assert.That((node.Address, node.IsLoopback), Is.EqualTo((address, isLoopback)));
    }

    [TestCase("http://*:8081")]
    [TestCase("http://0.0.0.0:8081")]
    public void Address_OfEveryAddress_IsOneThatOthersReach(string listen)
    {
        try
        {
            var node = ClusterNode.From(new ClusterOptions { Listen = listen, Secret = Secret });

            Assert.That(node.IsLoopback, Is.False, node.Address);
            Assert.That(node.Address, Does.EndWith(":8081").And.Not.StartWith("0.0.0.0"));
        }
        catch (SettingsException e)
        {
            Assert.That(e.Message, Does.StartWith("Cluster:Advertise is missing"), "only on a machine that has no address but loopback");
        }
    }

    [TestCase(null, null, Secret, "Cluster:Listen is missing")]
    [TestCase("http://10.0.0.5:0", null, Secret, "the port must be given")]
    [TestCase("10.0.0.5:8081", null, Secret, "has the form")]
    [TestCase("http://10.0.0.5:8081", "10.0.0.5", Secret, "must be host:port")]
    [TestCase("http://10.0.0.5:8081", "10.0.0.5:0", Secret, "must be host:port")]
    [TestCase("http://10.0.0.5:8081", "http://10.0.0.5:8081", Secret, "must be host:port")]
    [TestCase("http://10.0.0.5:8081", "0.0.0.0:8081", Secret, "others cannot reach this")]
    [TestCase("http://10.0.0.5:8081", null, null, "Cluster:Secret is missing")]
    [TestCase("http://10.0.0.5:8081", null, "short", "at least 16")]
    [TestCase("http://10.0.0.5:8081", null, "a secret with spaces in it", "without spaces")]
    [TestCase("https://10.0.0.5:8081", null, Secret, "Cluster:CertificateFile is missing")]
    public void Settings_ThatMakeNoNode_AreRefused(string? listen, string? advertise, string? secret, string why)
    {
        var options = new ClusterOptions { Listen = listen, Advertise = advertise, Secret = secret };

        Assert.That(() => ClusterNode.From(options), Throws.TypeOf<SettingsException>().With.Message.Contains(why));
        Assert.That(() => ClusterNode.From(options), Throws.Exception.With.Message.Not.Contains("a secret with"));
    }

    [Test]
    public void Secret_MayStandInAFile_ButNotInBoth()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("secret"), Secret + "\n");
        var options = new ClusterOptions { Listen = "http://10.0.0.5:8081", SecretFile = folder.File("secret") };

        Assert.That(ClusterNode.From(options).Secret.Text, Is.EqualTo(Secret));
        options.Secret = Secret;
        Assert.That(() => ClusterNode.From(options), Throws.TypeOf<SettingsException>().With.Message.Contains("both set"));
    }

    [Test]
    public void Certificates_WithoutHttps_AreRefused()
    {
        var options = new ClusterOptions { Listen = "http://10.0.0.5:8081", Secret = Secret, CaFile = "ca.pem" };

        Assert.That(() => ClusterNode.From(options), Throws.TypeOf<SettingsException>().With.Message.Contains("not https"));
    }

    [Test]
    public void TheListenerForTheOthers_IsNoneOfThePublicOnes()
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["Roles"] = "push",
                ["Urls"] = "http://127.0.0.1:8080,http://*:8081",
                ["Cluster:Listen"] = "http://127.0.0.1:8081",
                ["Cluster:Secret"] = Secret,
                ["Redis:Connection"] = "127.0.0.1:1",
            })
            .Build();

        Assert.That(() => PushNodeApp.Build(configuration), Throws.TypeOf<SettingsException>().With.Message.Contains("Cluster:Listen is 'http://127.0.0.1:8081': Urls has http://*:8081, which takes the same port"));
    }

    [TestCase("Cluster:Listen", "http://127.0.0.1:8081")]
    [TestCase("Cluster:Advertise", "127.0.0.1:8081")]
    [TestCase("Cluster:Timeout", "00:00:03")]
    [TestCase("Cluster:CaFile", "ca.pem")]
    public void WithoutRedis_WhatOnlyAClusterHasAUseFor_IsRefused(string key, string value) =>
        Assert.That(() => BuildAlone(key, value), Throws.TypeOf<SettingsException>().With.Message.Contains($"Redis:Connection is missing: {key} would do nothing"));

    [TestCase("Cluster:Secret", Secret)]
    [TestCase("Cluster:SecretFile", "secret")]
    [TestCase("Cluster:CaFile", "", Description = "a variable that was not set")]
    public async Task WithoutRedis_ASecretMayStandThere(string key, string value) => await BuildAlone(key, value).DisposeAsync();

    private static WebApplication BuildAlone(string key, string value) => PushNodeApp.Build(new ConfigurationBuilder()
        .AddInMemoryCollection(new Dictionary<string, string?> { ["Data"] = Path.GetTempPath(), [key] = value })
        .Build());
}
