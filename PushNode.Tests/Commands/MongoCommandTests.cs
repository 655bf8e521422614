using System.Net;
using PushNode.Commands;
using PushNode.Storage.Mongo.Driver;
using PushNode.Tests.Support;
using PushNode.Tests.Support.Mongo;

namespace PushNode.Tests.Commands;

/// <summary>What an operator sees of the settings of MongoDB: sentences, exit codes, names of databases, and no password.</summary>
internal sealed class MongoCommandTests
{
    private const string Password = "Geh3im-w1e-nichts";

    private readonly TemporaryFolder folder = new();

    [TearDown]
    public void Dispose() => folder.Dispose();

    // Each %P is a password that nobody is to see.
    [TestCase("Mongo:Connection must be mongodb://", "--mongo", "127.0.0.1:27017")]
    [TestCase("Mongo:Connection must be mongodb://", "--mongo", "mongodb://")]
    [TestCase("Mongo:Connection must be mongodb://", "--mongo", "mongodb://user:%P@")]
    [TestCase("Mongo:Connection must be mongodb://", "--mongo", "mongodb://user:%P@one host/")]
    [TestCase("Mongo:Connection must be mongodb://", "--mongo", "user:%P@127.0.0.1")]
    [TestCase("Mongo:Connection cannot be understood by MongoDB's driver", "--mongo", "mongodb://user:%P@127.0.0.1:99999/")]
    [TestCase("Mongo:Connection cannot be understood by MongoDB's driver", "--mongo", "mongodb://user:%P/@127.0.0.1/")]
    [TestCase("Mongo:Connection cannot be understood by MongoDB's driver", "--mongo", "mongodb://user:%P@%zz@127.0.0.1/")]
    [TestCase("Mongo:Connection cannot be understood by MongoDB's driver (Invalid database name in URI)", "--mongo", "mongodb://127.0.0.1/a.b")]
    [TestCase("Mongo:Connection names a database of more than 63 characters", "--mongo", "mongodb://user:%P@127.0.0.1/nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn?authSource=admin")]
    [TestCase("Mongo:Connection cannot be combined with Mongo:ConnectionFile", "--mongo", "mongodb://user:%P@127.0.0.1/", "--Mongo:ConnectionFile", "file")]
    [TestCase("Mongo:ConnectionFile is 'no/such.file'", "--Mongo:ConnectionFile", "no/such.file")]
    [TestCase("Mongo:Database is 'a.b': it must be 1 to 63 of A-Z", "--mongo", "mongodb://user:%P@127.0.0.1/", "--Mongo:Database", "a.b")]
    [TestCase("Mongo:CollectionPrefix is 'a$': it must be up to 64 of A-Z", "--mongo", "mongodb://user:%P@127.0.0.1/", "--Mongo:CollectionPrefix", "a$")]
    [TestCase("Mongo:Retention is '00:01:00': it must be from 01:00:00", "--mongo", "mongodb://user:%P@127.0.0.1/", "--Mongo:Retention", "00:01:00")]
    [TestCase("Mongo:CursorRetention is '01:00:00': it must be from 1.00:00:00", "--mongo", "mongodb://user:%P@127.0.0.1/", "--Mongo:CursorRetention", "01:00:00")]
    [TestCase("Mongo:CursorRetention is '3.00:00:00': it must not be shorter than Mongo:Retention", "--mongo", "mongodb://user:%P@127.0.0.1/", "--Mongo:CursorRetention", "3.00:00:00")]
    [TestCase("Mongo:Timeout is '00:02:00': it must be from 00:00:01 to 00:01:00", "--mongo", "mongodb://user:%P@127.0.0.1/", "--Mongo:Timeout", "00:02:00")]
    [TestCase("Mongo:TimeOut2 is no setting", "--Mongo:TimeOut2", "1")]
    [TestCase("Collect:MaxTtl is '02:00:00': no message is kept longer than Mongo:Retention, which is 01:00:00", "--mongo", "mongodb://user:%P@127.0.0.1/", "--Mongo:Retention", "01:00:00", "--Collect:MaxTtl", "02:00:00")]
    [TestCase("what is in the file must be mongodb://", "--Mongo:ConnectionFile", "FILE")]
    public async Task WrongSetting_IsOneSentence_ExitCode2_AndShowsNoPassword(string why, params string[] arguments)
    {
        using var secrets = new TemporaryFolder();
        await File.WriteAllTextAsync(secrets.File("uri"), $"user:{Password}@127.0.0.1");
        string[] given = [.. arguments.Select(a => a == "FILE" ? secrets.File("uri") : a.Replace("%P", Password, StringComparison.Ordinal))];

        ProcessEnd end = await RunAsync(["--urls", "http://127.0.0.1:0", .. given]);

        Assert.That(end.Code, Is.EqualTo(ExitCodes.Usage), end.Error);
        Assert.That(end.Error, Does.StartWith("pushnode: ").And.Contain(why).And.Not.Contain("   at "));
        Assert.That(end.Output + end.Error, Does.Not.Contain(Password));
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.Empty, "it leaves nothing behind");
    }

    [Test]
    public async Task RefusedLogin_StopsTheStart_WithWhatIsNeeded_AndShowsNoPassword()
    {
        await using var server = new MongoDouble(new MongoDoubleOptions { RefusesLogins = true });
        string uri = $"mongodb://user:{Password}@{server.Address}/";

        foreach (string[] command in new string[][] { ["--urls", "http://127.0.0.1:0"], ["renew-epoch"] })
        {
            ProcessEnd end = await RunAsync([.. command, "--mongo", uri]);

            Assert.That(end.Code, Is.EqualTo(ExitCodes.Usage), end.Error);
            Assert.That(end.Error, Does.StartWith("pushnode: Mongo:Connection ").And.Contain(server.Address).And.Not.Contain("   at "));
            Assert.That(end.Output + end.Error, Does.Not.Contain(Password));
        }
    }

    [Test]
    public async Task UnreachableServer_IsNamedWithoutThePassword_InLogAndReadiness()
    {
        string nobody = $"127.0.0.1:{Ports.Next()}";
        await using NodeProcess node = NodeProcess.Prepare("--mongo", $"mongodb://user:{Password}@{nobody}/", "--Mongo:Timeout", "00:00:01");
        node.Launch();
        await Eventually.BecomesTrueAsync(() => node.Output.Contains("listens on", StringComparison.Ordinal), "it listens");

        Assert.That(await node.ReadinessAsync(), Does.Contain($"MongoDB at {nobody} cannot be reached").And.Not.Contain(Password));
        Assert.That(node.Output, Does.Contain($"MongoDB at {nobody} cannot be reached").And.Not.Contain(Password));
        Assert.That(await node.StopAsync(), Is.Zero);

        ProcessEnd renewal = await RunAsync(["renew-epoch", "--mongo", $"mongodb://user:{Password}@{nobody}/", "--Mongo:Timeout", "00:00:01"]);
        Assert.That(renewal.Code, Is.EqualTo(ExitCodes.Usage));
        Assert.That(renewal.Error, Does.StartWith($"pushnode: Mongo:Connection names a database at {nobody} that cannot be given a new epoch").And.Not.Contain(Password));
        Assert.That(File.Exists($"/dev/shm/mongoc-{node.ProcessId}"), Is.False, "a process that is killed would leave it there");
    }

    [Test]
    public async Task WhatTheDriverSaysAllTheTime_FloodsNoLog()
    {
        await using NodeProcess node = NodeProcess.Prepare("--mongo", "mongodb://127.0.0.1/?tls=true&tlsCertificateKeyFile=/no/such.pem", "--Mongo:Timeout", "00:00:06");
        node.Launch();
        await Eventually.BecomesTrueAsync(() => node.Output.Contains("listens on", StringComparison.Ordinal), "it has tried for a third of the time, and listens");

        Assert.That(node.Output.Split("Cannot find certificate in '/no/such.pem'"), Has.Length.InRange(2, 3));
    }

    [TestCase("")]
    [TestCase("renew-epoch")]
    [Platform("Linux")]
    public async Task MissingDriver_IsNamed_WithHowToInstallIt(string command)
    {
        // The loader takes what it finds here for the driver first, and none of it is one.
        string[] names = ["mongoc-1.0.so.0", "mongoc2.so.2", "mongoc-1.0", "mongoc2", "bson-1.0.so.0", "bson2.so.2", "bson-1.0", "bson2"];
        using var libraries = new TemporaryFolder();
        foreach (string name in names)
            await File.WriteAllTextAsync(libraries.File($"lib{name}"), "");
        string[] arguments = command.Length == 0 ? ["--urls", "http://127.0.0.1:0"] : [command];

        ProcessEnd end = await RunAsync([.. arguments, "--mongo", $"mongodb://user:{Password}@127.0.0.1/"], new() { ["LD_LIBRARY_PATH"] = libraries.Path });

        Assert.That(end.Code, Is.EqualTo(ExitCodes.Usage), end.Error);
        Assert.That(end.Error, Does.StartWith($"pushnode: Mongo:Connection is set, but {DriverLibrary.Remedy}"));
        Assert.That(end.Output + end.Error, Does.Not.Contain(Password));
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.Empty, "it leaves nothing behind");
    }

    [TestCase("uri", "messages")]
    [TestCase("setting", "messages")]
    [TestCase("setting over uri", "messages")]
    [TestCase("prefix", "one-messages")]
    [TestCase("file", "messages")]
    public async Task Database_IsTheOneThatIsSet(string by, string collection)
    {
        await using var server = MongoServer.Use();
        string uri = server.Uri.TrimEnd('/'), named = $"{uri}/{server.Database}";
        await File.WriteAllTextAsync(folder.File("uri"), $"{named}\n");
        string[] settings = by switch
        {
            "uri" => ["--mongo", named],
            "setting" => ["--mongo", uri, "--Mongo:Database", server.Database],
            "setting over uri" => ["--mongo", $"{uri}/another", "--Mongo:Database", server.Database],
            "prefix" => ["--mongo", named, "--Mongo:CollectionPrefix", "one-"],
            _ => ["--Mongo:ConnectionFile", folder.File("uri")],
        };
        await using NodeProcess node = await NodeProcess.StartAsync(settings);
        using var producer = new Producer(node.Address);

        await producer.PushToAsync("alice");

        Assert.That(server.Count(collection), Is.EqualTo(1));
    }

    [Test]
    public async Task RenewEpoch_WithNodesRunning_SendsClientsAway_AndTellsThemReset()
    {
        await using var server = MongoServer.Use();
        ProcessEnd early = await RunAsync(["renew-epoch", .. server.Settings]);
        Assert.That(early.Code, Is.EqualTo(ExitCodes.Usage));
        Assert.That(early.Error, Does.StartWith("pushnode: Mongo:Connection names a database at ").And.Contain("holds no messages of PushNode"));
        await using NodeProcess node = await NodeProcess.StartAsync(server.Settings);
        using var producer = new Producer(node.Address);
        await using TestClient phone = await TestClient.ConnectAsync(node.Address, Tokens.For("alice"), "device=phone&ack=manual");
        string epoch = (await phone.WaitForAsync("welcome")).GetProperty("epoch").GetString()!;
        await phone.WaitForAsync("live", "user:alice");
        await producer.PushToAsync("alice");
        await phone.WaitForMessagesAsync(1);
        await phone.SendAsync("""{"type":"ack","seq":1}""");

        ProcessEnd renewal = await RunAsync(["renew-epoch", .. server.Settings]);

        Assert.That((renewal.Code, renewal.Error), Is.EqualTo((0, "")));
        Assert.That(renewal.Output, Does.Match($@"^old epoch  {epoch}\r?\nnew epoch  \w+\r?\n$"));
        await phone.WaitForEndAsync();
        Assert.That(phone.CloseCode, Is.EqualTo(1012));
        foreach (string query in (string[])["device=phone", $"device=tablet&after=1&epoch={epoch}"])
        {
            await using TestClient again = await TestClient.ConnectAsync(node.Address, Tokens.For("alice"), query);
            Assert.That(renewal.Output, Does.Contain((await again.WaitForAsync("reset", "user:alice")).GetProperty("epoch").GetString()));
            await again.WaitForMessagesAsync(1);
        }

        (HttpStatusCode status, _) = await producer.PostAsync("""{"userId":"alice","data":2}""");
        Assert.That(status, Is.EqualTo(HttpStatusCode.Accepted));
    }

    private Task<ProcessEnd> RunAsync(string[] arguments, Dictionary<string, string>? environment = null) => PushNodeProcess.RunAsync(folder.Path, arguments, environment: environment);
}
