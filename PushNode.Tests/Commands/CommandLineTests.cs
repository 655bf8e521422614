using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using PushNode.Auth;
using PushNode.Commands;
using PushNode.Settings;
using PushNode.Tests.Support;

namespace PushNode.Tests.Commands;

internal sealed class CommandLineTests
{
    private readonly TemporaryFolder folder = new();

    [TearDown]
    public void Dispose() => folder.Dispose();

    [TestCase("--urls")]
    [TestCase("PUSHNODE_Collect__MaxDataBytes")]
    [TestCase("--mongo")]
    [TestCase("--mongo", "renew-epoch")]
    [TestCase("--ttl", "token")]
    [TestCase("--token-file", "listen")]
    [TestCase("--ephemeral", "send")]
    [TestCase("readyz", "health")]
    [TestCase("--json", "nodes")]
    [TestCase("--in-flight", "bench")]
    [TestCase("stopped", "renew-epoch")]
    public async Task Help_SaysWhatThereIs_WithExamplesAndExitCodes(string expected, params string[] command)
    {
        ProcessEnd end = await RunAsync([.. command, "--help"]);

        Assert.That(end.Code, Is.Zero);
        Assert.That(end.Output, Does.Contain(expected).And.Contain("Examples:").And.Contain("Exit codes:"));
        Assert.That(end.Error, Is.Empty);
    }

    [TestCase("'--nonsense'", "--nonsense")]
    [TestCase("'tokn'", "tokn")]
    [TestCase("Auth:Jwt:Secret is missing", "--redis", "127.0.0.1")]
    [TestCase("--user", "token")]
    [TestCase("no role 'psh'", "--roles", "psh")]
    [TestCase("Urls is 'here'", "--urls", "here")]
    [TestCase("Nonsense is no setting", "--Nonsense:Key", "1")]
    [TestCase("Hosting:HeaderTimeOut2", "--Hosting:HeaderTimeOut2=1")]
    [TestCase("Hosting:HeaderTimeout is '00:00:00'", "--Hosting:HeaderTimeout=00:00:00")]
    [TestCase("Collect:MaxTtl is '60': it must be a duration", "--Collect:MaxTtl", "60")]
    [TestCase("Journal:Sync is 'foo': it must be one of EveryBatch", "--Journal:Sync", "foo")]
    [TestCase("Logging:LogLevel:Default is 'Foo': it must be one of Trace", "--Logging:LogLevel:Default", "Foo")]
    [TestCase("Logging:LogLevl is no setting", "--Logging:LogLevl:Default", "Debug")]
    [TestCase("Collect:ApiKeysFile is 'no/such.keys'", "--Collect:ApiKeysFile", "no/such.keys")]
    [TestCase("Auth:Jwt:KeyFile is 'no/such.pem'", "--Auth:Jwt:KeyFile", "no/such.pem")]
    [TestCase("Tls:CertificateFile is 'no/such.pem': the certificate", "--Tls:CertificateFile", "no/such.pem", "--urls", "https://127.0.0.1:0")]
    [TestCase("no/such.json cannot be read", "--config", "no/such.json")]
    [TestCase("Collect:ApiKeys is missing", "--urls", "http://0.0.0.0:0")]
    [TestCase("'soon' is no duration", "token", "--user", "alice", "--ttl", "soon")]
    [TestCase("'0' is out of range: it must be from 1s to 36500d", "token", "--user", "alice", "--ttl", "0")]
    [TestCase("'99999d' is out of range", "token", "--user", "alice", "--ttl", "99999d")]
    [TestCase("'99999999999999999999' is out of range", "send", "hi", "--all", "--ttl", "99999999999999999999")]
    [TestCase("'1hd' is no duration", "send", "hi", "--all", "--ttl", "1hd")]
    [TestCase("exactly one target", "send", "hi")]
    [TestCase("exactly one target", "send", "hi", "--all", "--topic", "news")]
    [TestCase("needs something to send", "send", "--all")]
    [TestCase("not JSON", "send", "--all", "--json", "{")]
    [TestCase("--url is 'nowhere'", "send", "--all", "hi", "--url", "nowhere")]
    [TestCase("this command has none", "send", "--all", "hi", "--Collect:MaxDataBytes", "1")]
    [TestCase("needs --user, or --token", "listen")]
    [TestCase("not both", "listen", "--user", "a", "--token", "b")]
    [TestCase("'a b'", "listen", "--user", "a", "--topics", "a b")]
    [TestCase("no journal/state in it", "renew-epoch")]
    [TestCase("news is there twice", "listen", "--user", "a", "--topics", "news,news:7")]
    [TestCase("from 0 to 2^53 - 1", "listen", "--user", "a", "--topics", "news:9007199254740992")]
    [TestCase("--after is 'x': a seq is a whole number from 0 to 2^53 - 1", "listen", "--user", "a", "--after", "x")]
    [TestCase("--after is '-5'", "listen", "--user", "a", "--after", "-5")]
    [TestCase("--after is '9007199254740992'", "listen", "--user", "a", "--after", "9007199254740992")]
    [TestCase("--data and --config say what to sign a token with", "listen", "--token", "b", "--data", "d")]
    [TestCase("--device is 'a b'", "listen", "--user", "a", "--device", "a b")]
    [TestCase("--connections is '0': it must be from 1", "bench", "--connections", "0")]
    [TestCase("--users is '20': it must be from 1 to 10", "bench", "--connections", "10", "--users", "20")]
    [TestCase("--size is '5': it must be from 100", "bench", "--size", "5")]
    [TestCase("--rate is '0'", "bench", "--rate", "0")]
    [TestCase("--to is 'me': it must be users, topic or all", "bench", "--to", "me")]
    [TestCase("--ack is 'maybe'", "bench", "--ack", "maybe")]
    [TestCase("--in-flight goes with --to topic or all", "bench", "--in-flight", "2")]
    [TestCase("sends nothing: leave --rate out", "bench", "--idle", "--rate", "5")]
    [TestCase("over plain HTTP only", "bench", "--url", "https://127.0.0.1:1")]
    [TestCase("--pid is 'x'", "bench", "--pid", "x")]
    [TestCase("no node has run with this data folder", "bench", "--connections", "1")]
    [TestCase("'soon' is no duration", "bench", "--duration", "soon")]
    public async Task WrongUse_IsOneSentence_AndExitCode2(string why, params string[] arguments)
    {
        ProcessEnd end = await RunAsync(arguments);

        Assert.That(end.Code, Is.EqualTo(ExitCodes.Usage));
        Assert.That(end.Error, Does.StartWith("pushnode: ").And.Contain(why).And.Not.Contain("   at "));
        Assert.That(end.Output, Is.Empty);
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.Empty, "it leaves nothing behind");
    }

    [Test]
    public async Task DataFolder_ThatIsAFile_IsRefused()
    {
        File.WriteAllText(folder.File("data"), "");

        ProcessEnd end = await RunAsync(["--urls", "http://127.0.0.1:0"]);

        Assert.That(end.Code, Is.EqualTo(ExitCodes.Usage));
        Assert.That(end.Error, Does.StartWith($"pushnode: Data is '{folder.File("data")}'").And.Contain("--data").And.Not.Contain("   at "));
    }

    [Test]
    public async Task PortInUse_IsOneSentence_AndExitCode1()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        string url = $"http://{taken.LocalEndpoint}";

        ProcessEnd end = await RunAsync(["--urls", url]);

        Assert.That(end.Code, Is.EqualTo(ExitCodes.Failure));
        Assert.That(end.Error, Does.StartWith("pushnode: ").And.Contain(url).And.Contain("in use"));
        Assert.That(end.Output + end.Error, Does.Not.Contain("   at "));
    }

    [TestCase("token")]
    [TestCase("listen")]
    public async Task AFolderThatNoNodeHasRunWith_IsRefused_AndNotMade(string command)
    {
        ProcessEnd end = await RunAsync([command, "--user", "alice", "--data", "wrong"]);

        Assert.That(end.Code, Is.EqualTo(ExitCodes.Usage));
        Assert.That(end.Error, Does.StartWith($"pushnode: Data is '{folder.File("wrong")}': no node has run with this data folder").And.Contain("start the node first, or give its folder with --data"));
        Assert.That(end.Output, Is.Empty);
        Assert.That(Directory.Exists(folder.File("wrong")), Is.False);
    }

    [Test]
    public async Task Token_ForWhoCanBeNoUser_IsRefused()
    {
        SigningKey.LoadOrCreate(new DataFolder(folder.File("data")));

        ProcessEnd end = await RunAsync(["token", "--user", "al ice"]);

        Assert.That(end.Code, Is.EqualTo(ExitCodes.Usage));
        Assert.That(end.Error, Does.StartWith("pushnode: --user is wrong: 'al ice' is no user id"));
    }

    [Test]
    public async Task Token_PrintsATokenOnly_AlwaysWithTheSameKeyOfTheFolder()
    {
        SigningKey.LoadOrCreate(new DataFolder(folder.File("data")));

        ProcessEnd first = await RunAsync(["token", "--user", "alice", "--ttl", "15m", "--topics", "news,room.*"]);
        ProcessEnd second = await RunAsync(["token", "--user", "bob", "--data", folder.File("data")]);

        Assert.That(first.Code, Is.Zero);
        Assert.That(first.Output, Does.Match(@"^[\w-]+\.[\w-]+\.[\w-]+\r?\n$"));
        Assert.That(second.Code, Is.Zero);
        Assert.That(Directory.GetFiles(folder.File("data"), "*key*"), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task Node_StartsInItsDirectory_AnswersHealth_AndStopsOnSigterm()
    {
        using Process node = PushNodeProcess.Start(folder.Path, ["--urls", "http://127.0.0.1:0"], new Dictionary<string, string> { ["PUSHNODE_Logging__LogLevel__Default"] = "Warning" });
        try
        {
            string? banner = await node.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
            Assert.That(banner, Does.Match(@"^PushNode \d+\.\d+\.\d+ listens on http://127\.0\.0\.1:\d+$"));
            Assert.That(Directory.Exists(folder.File("data")), Is.True);

            ProcessEnd health = await RunAsync(["health", "--url", banner!.Split(' ')[^1]]);
            Assert.That(health.Output.Trim(), Is.EqualTo("""{"status":"ready"}"""));
            Assert.That(health.Code, Is.Zero);

            using Process kill = Process.Start("kill", ["-TERM", $"{node.Id}"]);
            await node.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
            Assert.That(node.ExitCode, Is.Zero);
            Assert.That(await node.StandardError.ReadToEndAsync(), Is.Empty);
        }
        finally
        {
            if (!node.HasExited)
                node.Kill();
        }
    }

    [Test]
    public async Task RenewEpoch_WhereThereIsNoJournal_MakesNothing()
    {
        ProcessEnd end = await RunAsync(["renew-epoch", "--data", folder.File("elsewhere")]);

        Assert.That(end.Code, Is.EqualTo(ExitCodes.Usage));
        Assert.That(Directory.Exists(folder.File("elsewhere")), Is.False);
    }

    [Test]
    public async Task Health_OfNobody_IsExitCode1()
    {
        ProcessEnd end = await RunAsync(["health", "--url", "http://127.0.0.1:1"]);

        Assert.That(end.Code, Is.EqualTo(ExitCodes.Failure));
        Assert.That(end.Error, Does.Contain("cannot be reached"));
    }

    private Task<ProcessEnd> RunAsync(string[] arguments) => PushNodeProcess.RunAsync(folder.Path, arguments);
}
