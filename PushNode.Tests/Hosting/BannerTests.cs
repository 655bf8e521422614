using PushNode.Hosting;
using PushNode.Settings;

namespace PushNode.Tests.Hosting;

internal sealed class BannerTests
{
    [Test]
    public void Write_TryOut_GivesCommandsThatCanBePasted()
    {
        string text = Banner.Write(Node("./data"), ["http://127.0.0.1:8080"], null, true, false, "pushnode");

        Assert.That(text, Does.Contain("listens on http://127.0.0.1:8080"));
        Assert.That(text, Does.Contain("auth, collect, dispatch, push"));
        Assert.That(text, Does.Contain(Path.Combine(Environment.CurrentDirectory, "data")));
        Assert.That(Lines(text), Does.Contain("pushnode listen --user alice"));
        Assert.That(Lines(text), Does.Contain("pushnode token --user alice"));
        Assert.That(Lines(text), Does.Contain("""curl -d '{"userId":"alice","data":{"text":"hi"}}' http://127.0.0.1:8080/collect"""));
        Assert.That(text, Does.Contain("open http://127.0.0.1:8080/ in a browser"));
    }

    [Test]
    public void Write_OtherAddressAndFolder_StandInTheCommands()
    {
        string text = Banner.Write(Node("/var/lib/push node"), ["http://[::]:9000"], null, true, false, "bin/pushnode");

        Assert.That(Lines(text), Does.Contain("bin/pushnode listen --user alice --url http://127.0.0.1:9000 --data '/var/lib/push node'"));
        Assert.That(text, Does.Contain("http://127.0.0.1:9000/collect"));
    }

    [Test]
    public void Write_WithKeys_AsksForThem()
    {
        string text = Banner.Write(Node("./data"), ["http://127.0.0.1:8080"], null, false, true, "pushnode");

        Assert.That(Lines(text), Does.Contain("pushnode listen --token TOKEN"));
        Assert.That(text, Does.Contain("-H 'Authorization: Bearer API-KEY'"));
        Assert.That(text, Does.Not.Contain("pushnode token"));
    }

    [Test]
    public void Write_WithTokensOfSomebodyElse_ButNoApiKeys_AsksForATokenAlone()
    {
        string text = Banner.Write(Node("./data"), ["http://127.0.0.1:8080"], "127.0.0.1:8091", false, false, "pushnode");

        Assert.That(text, Does.Contain("from another terminal, with a token:").And.Contain("  curl -d ").And.Not.Contain("API"));
    }

    [Test]
    public void Write_WithoutTheCollectRole_SpeaksOfNoApiKey()
    {
        string text = Banner.Write(Node("./data") with { Roles = Roles.Auth | Roles.Push }, ["http://127.0.0.1:8080"], null, false, false, "pushnode");

        Assert.That(text, Does.Not.Contain("API").And.Not.Contain("/collect").And.Contain("Try it from another terminal, with a token:"));
    }

    [Test]
    public void Write_OfANodeThatKeepsNothing_NamesNoFolder() =>
        Assert.That(Banner.Write(Node("./data") with { KeepsData = false }, ["http://127.0.0.1:8080"], "10.0.0.5:8081", false, false, "pushnode"), Does.Not.Contain("  data "));

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.TrimEntries);

    private static NodeOptions Node(string data) => new() { IsClustered = false, KeepsData = true, Roles = Roles.All, Urls = ListenAddress.ParseList(NodeOptions.DefaultUrls), Data = Path.GetFullPath(data) };
}
