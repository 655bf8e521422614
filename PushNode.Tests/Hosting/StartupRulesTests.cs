using Microsoft.Extensions.Configuration;
using PushNode.Hosting;
using PushNode.Settings;

namespace PushNode.Tests.Hosting;

internal sealed class StartupRulesTests
{
    private const string Loopback = "http://127.0.0.1:8080";
    private const string Reachable = "http://127.0.0.1:8080,http://*:8081";

    private static readonly string[] ApiKeys = ["Collect:ApiKeys"];
    private static readonly string[] Verifier = ["Auth:Jwt:Secret"];

    public static IEnumerable<TestCaseData> Nodes()
    {
        yield return Case("everything may be open on loopback", "all", Loopback, [], []);
        yield return Case("both are missing elsewhere", "all", Reachable, [], [.. ApiKeys, .. Verifier]);
        yield return Case("API keys alone are not enough", "all", Reachable, ["Collect:ApiKeys"], Verifier);
        yield return Case("API keys may be a list", "all", Reachable, ["Collect:ApiKeys:0"], Verifier);
        yield return Case("a secret alone is not enough", "all", Reachable, ["Auth:Jwt:Secret"], ApiKeys);
        yield return Case("both are there", "all", Reachable, ["Collect:ApiKeysFile", "Auth:Jwt:Jwks"], []);
        yield return Case("auth needs no API keys", "auth", Reachable, ["Auth:Jwt:KeyFile"], []);
        yield return Case("a webhook verifies too", "push,auth", Reachable, ["Auth:Webhook:Url"], []);
        yield return Case("a secret may be a file", "auth", Reachable, ["Auth:Jwt:SecretFile"], []);
        yield return Case("other settings of auth verify nothing", "auth", Reachable, ["Auth:Jwt:Issuer"], Verifier);
        yield return Case("in a cluster a push node asks others", "push", Reachable, ["Redis:Connection"], []);
    }

    [Test]
    public void Check_InACluster_TheAuthRoleNeedsAKeyEvenOnLoopback()
    {
        IConfiguration configuration = Configure("auth", Loopback, ["Redis:Connection"]);

        Assert.That(
            StartupRules.Check(configuration, NodeOptions.From(configuration)).Select(static e => e.ToString()),
            Has.One.Items.And.All.Contains("Auth:Jwt:Secret is missing: in a cluster"));
    }

    [TestCase("push")]
    [TestCase("collect,dispatch")]
    public void Roles_InACluster_MayStandAlone(string roles)
    {
        Assert.That(NodeOptions.From(Configure(roles, Loopback, ["Redis:Connection"])).Roles, Is.EqualTo(RoleNames.Parse(roles, isAlone: false)));
        Assert.That(() => NodeOptions.From(Configure(roles, Loopback, [])), Throws.TypeOf<SettingsException>().With.Message.Contains("Redis:Connection"));
    }

    [TestCaseSource(nameof(Nodes))]
    public void Check_NamesWhatIsMissing(string roles, string urls, string[] keys, string[] missing)
    {
        IConfiguration configuration = Configure(roles, urls, keys);

        var errors = StartupRules.Check(configuration, NodeOptions.From(configuration)).ToArray();

        Assert.That(errors.Select(static e => e.Key), Is.EqualTo(missing));
        Assert.That(errors.Select(static e => e.ToString()), Has.All.Contains("http://*:8081 can be reached from other machines").And.All.Contains("set "));
    }

    [TestCase(Loopback, true, true)]
    [TestCase(Reachable, true, false, Description = "refused to start anyway")]
    [TestCase(Loopback, false, false, "Collect:ApiKeys", "Auth:Jwt:Secret")]
    [TestCase(Loopback, true, true, "Collect:ApiKeys")]
    [TestCase(Loopback, true, false, "Auth:Jwt:Secret")]
    public void Access_TryOut_IsOnlyOnLoopbackWithTheGeneratedKey(string urls, bool isOpen, bool isTryOut, params string[] keys)
    {
        IConfiguration configuration = Configure("all", urls, keys);

        Assert.That(NodeAccess.From(configuration, NodeOptions.From(configuration)), Is.EqualTo(new NodeAccess(isOpen, isTryOut)));
    }

    [TestCase("Collect:ApiKeys", "")]
    [TestCase("Collect:ApiKeys", " , ")]
    [TestCase("Collect:ApiKeys:0", "")]
    [TestCase("Collect:ApiKeysFile", "")]
    [TestCase("Collect:ApiKeysFile", null)]
    public void Check_AnEmptyKey_IsNone(string key, string? value)
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["Urls"] = Reachable, ["Auth:Jwt:Jwks"] = "keys.json", [key] = value })
            .Build();

        Assert.That(StartupRules.Check(configuration, NodeOptions.From(configuration)).Select(static e => e.Key), Is.EqualTo(ApiKeys));
    }

    private static TestCaseData Case(string name, string roles, string urls, string[] keys, string[] missing) =>
        new TestCaseData(roles, urls, keys, missing).SetArgDisplayNames(name);

    private static IConfiguration Configure(string roles, string urls, string[] keys)
    {
        var settings = keys.ToDictionary(static key => key, static _ => (string?)"something");
        settings["Urls"] = urls;
        if (roles != "all")
            settings["Roles"] = roles;
        return new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
    }
}
