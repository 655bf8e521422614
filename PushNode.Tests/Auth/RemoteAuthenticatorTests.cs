using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PushNode.Auth;
using PushNode.Auth.Remote;
using PushNode.Peers;
using PushNode.Settings;
using PushNode.Tests.Support;

namespace PushNode.Tests.Auth;

/// <summary>Tokens verified by other nodes, over real connections.</summary>
internal sealed class RemoteAuthenticatorTests : IAsyncDisposable
{
    private readonly FixedPeers directory = new();
    private readonly RecordingLog<RemoteAuthenticator> log = new();
    private readonly List<InternalListener> nodes = [];
    private readonly ServiceProvider services;

    public RemoteAuthenticatorTests()
    {
        var collection = new ServiceCollection();
        collection.AddSingleton<IPeerDirectory>(directory);
        collection.AddSingleton<PeerChoice>();
        collection.AddSingleton(_ => InternalListener.CreateClient(TimeSpan.FromSeconds(1)));
        collection.AddSingleton<ILogger<RemoteAuthenticator>>(log);
        collection.AddRemoteAuth();
        services = collection.BuildServiceProvider();
    }

    private IAuthenticator Authenticator => services.GetRequiredService<IAuthenticator>();

    public async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        foreach (InternalListener node in nodes)
            await node.DisposeAsync();
        log.Dispose();
    }

    [Test]
    public async Task Accepted_WithEverythingTheTokenSays()
    {
        await StartAsync(new AuthService(TestTokens.Verifier()));
        string token = TestTokens.Hs256("""{"sub":"alice","iat":1795240000,"exp":1795251600,"topics":["news","room.*"]}""");

        AuthResult result = await Authenticator.VerifyAsync(token);

        Assert.That((result.Failure, result.Reason), Is.EqualTo((AuthFailure.None, (string?)null)));
        Assert.That((result.Identity!.UserId, result.Identity.IssuedAt, result.Identity.ExpiresAt), Is.EqualTo(("alice", 1795240000_000, 1795251630_000)));
        Assert.That(result.Identity.Topics.Patterns, Is.EqualTo(new[] { "news", "room.*" }));
    }

    [Test]
    public async Task Accepted_WithinTheSkew_HasNotExpiredHereEither()
    {
        var time = new ManualTime();
        await StartAsync(new AuthService(TestTokens.Verifier(time: time)));

        AuthResult result = await Authenticator.VerifyAsync(TestTokens.Hs256($$"""{"sub":"alice","exp":{{TestTokens.Now - 20}}}"""));

        Assert.That(result.Identity?.ExpiresAt, Is.EqualTo(time.GetUtcNow().AddSeconds(10).ToUnixTimeMilliseconds()), result.Reason);
    }

    [Test]
    public async Task Accepted_WithoutEndOrTopics()
    {
        await StartAsync(new AuthService(TestTokens.Verifier(configure: static o => o.Jwt.RequireExpiry = false)));

        AuthResult result = await Authenticator.VerifyAsync(TestTokens.Hs256("""{"sub":"alice"}"""));

        Assert.That((result.Identity!.IssuedAt, result.Identity.ExpiresAt), Is.EqualTo((0, long.MaxValue)));
        Assert.That(result.Identity.Topics.Patterns, Is.Empty);
    }

    [Test]
    public async Task Refused_WithTheReason()
    {
        await StartAsync(new AuthService(TestTokens.Verifier()));

        AuthResult result = await Authenticator.VerifyAsync(TestTokens.Hs256("""{"sub":"alice","exp":1}"""));

        Assert.That(result, Is.EqualTo(AuthResult.Invalid("expired at 1970-01-01T00:00:01.000Z")));
    }

    [Test]
    public async Task ThatItCannotBeToldNow_IsFinal()
    {
        int asked = 0;
        await StartAsync(new AuthService(new Scripted(_ => Answer(AuthResult.Unavailable("too many tokens")))));
        await StartAsync(new AuthService(new Scripted(_ => Answer(AuthResult.Unavailable("too many tokens")))));

        Assert.That(await Authenticator.VerifyAsync("a token"), Is.EqualTo(AuthResult.Unavailable("too many tokens")));
        Assert.That(asked, Is.EqualTo(1));

        AuthResult Answer(AuthResult result)
        {
            Interlocked.Increment(ref asked);
            return result;
        }
    }

    [Test]
    public async Task NoNode_IsUnavailable_AndSaidOnce()
    {
        for (int i = 0; i < 3; i++)
            Assert.That(await Authenticator.VerifyAsync("a token"), Is.EqualTo(AuthResult.Unavailable("no node that verifies tokens can be reached at the moment")));

        Assert.That(log.Lines.Where(static l => l.StartsWith("Warning", StringComparison.Ordinal)), Has.One.Contains("start one with the auth role"));
        await StartAsync(new AuthService(TestTokens.Verifier()));
        await Authenticator.VerifyAsync("a token");
        Assert.That(log.Lines, Has.One.Contains("verifies tokens again"));
    }

    [Test]
    public async Task DeadNode_IsPassedOver()
    {
        InternalListener dead = await StartAsync(new AuthService(TestTokens.Verifier()));
        await StartAsync(new AuthService(TestTokens.Verifier()));
        await dead.DisposeAsync();

        for (int i = 0; i < 10; i++)
            Assert.That((await Authenticator.VerifyAsync(TestTokens.Hs256(TestTokens.GoodClaims))).Identity?.UserId, Is.EqualTo("alice"));
        Assert.That(log.Lines, Is.Empty, "nobody was refused");
    }

    [Test]
    public async Task NodeThatDoesNotAnswer_IsPassedOver_AndComesLastForAWhile()
    {
        int asked = 0;
        await StartAsync(new ScriptedService(null, AuthProtocol.Verify)
        {
            Answer = (_, call) =>
            {
                Interlocked.Increment(ref asked);
                return Task.Delay(TimeSpan.FromMinutes(1), call.Aborted);
            },
        });
        await StartAsync(new AuthService(TestTokens.Verifier()));

        for (int i = 0; i < 6; i++)
            Assert.That((await Authenticator.VerifyAsync(TestTokens.Hs256(TestTokens.GoodClaims))).Identity?.UserId, Is.EqualTo("alice"));
        Assert.That(asked, Is.EqualTo(1));
    }

    [Test]
    public async Task NodeRestarted_IsAsked_ThoughTheDirectoryKnowsTheRunOfBefore()
    {
        InternalListener first = await StartAsync(new AuthService(TestTokens.Verifier()));
        await first.DisposeAsync();
        nodes.Add(await InternalListener.StartAsync(_ => new AuthService(TestTokens.Verifier()), first.Node.Address));

        Assert.That((await Authenticator.VerifyAsync(TestTokens.Hs256(TestTokens.GoodClaims))).Identity?.UserId, Is.EqualTo("alice"));
    }

    [Test]
    public async Task Nodes_AreAskedInTurn()
    {
        int[] asked = new int[3];
        for (int i = 0; i < asked.Length; i++)
        {
            int node = i;
            await StartAsync(new AuthService(new Scripted(_ =>
            {
                Interlocked.Increment(ref asked[node]);
                return AuthResult.Invalid("no");
            })));
        }

        for (int i = 0; i < 30; i++)
            await Authenticator.VerifyAsync("a token");

        Assert.That(asked, Is.All.EqualTo(10));
    }

    [Test]
    public async Task Tokens_GoOverWhole_AndStandInNoLog()
    {
        string? got = null;
        InternalListener node = await StartAsync(new AuthService(new Scripted(token =>
        {
            got = token;
            return AuthResult.Invalid("no");
        })));
        string token = "töken " + new string('x', 60_000);

        await Authenticator.VerifyAsync(token);
        Assert.That(got, Is.EqualTo(token));
        await node.DisposeAsync();
        await Authenticator.VerifyAsync(token);
        Assert.That(string.Concat(log.Lines), Is.Not.Empty.And.Not.Contains("xxx"));
    }

    [Test]
    public async Task Token_LongerThanAnyMayBe_IsRefusedHere()
    {
        AuthResult result = await Authenticator.VerifyAsync(new string('x', 70_000));

        Assert.That(result.Failure, Is.EqualTo(AuthFailure.Invalid));
        Assert.That(result.Reason, Does.Contain("70000"));
    }

    [TestCase("")]
    [TestCase("\u0003")]
    [TestCase("\0\u0005\0alice")]
    [TestCase("\0\u0002\0a!\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")]
    [TestCase("\0\u0005\0alice\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\u0001\0\0\0\u0003\0a:b")]
    [TestCase("\0\u0005\0alice\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\u007f\u007f\u007f\u007f")]
    [TestCase("\u0001\u0002\0no\0")]
    public async Task AnswerThatIsNone_CountsAsNoNode(string answer)
    {
        await StartAsync(new ScriptedService(null, AuthProtocol.Verify)
        {
            Answer = async (_, call) => await call.AnswerAsync(Encoding.Latin1.GetBytes(answer)),
        });

        Assert.That((await Authenticator.VerifyAsync("a token")).Failure, Is.EqualTo(AuthFailure.Unavailable));
    }

    [TestCase("")]
    [TestCase("\u0002\0\0\0a")]
    [TestCase("\u0001\0\0\0ab")]
    public async Task QuestionThatIsNone_IsRefused(string question)
    {
        InternalListener node = await StartAsync(new AuthService(TestTokens.Verifier()));
        using PeerClient client = InternalListener.CreateClient();

        Assert.That(
            async () => await client.CallAsync(directory.Find(node.Node.Address)!, AuthProtocol.Verify, Encoding.Latin1.GetBytes(question), default),
            Throws.TypeOf<PeerUnavailableException>().With.Message.Contains("400"));
    }

    private async Task<InternalListener> StartAsync(IPeerService service)
    {
        InternalListener node = await InternalListener.StartAsync(_ => service);
        nodes.Add(node);
        directory.Set([.. directory.Peers, FixedPeers.Create(node.Node, Roles.Auth)]);
        return node;
    }

    private sealed class Scripted(Func<string, AuthResult> verify) : IAuthenticator
    {
        public ValueTask<AuthResult> VerifyAsync(string token, CancellationToken cancellationToken) => new(verify(token));
    }
}
