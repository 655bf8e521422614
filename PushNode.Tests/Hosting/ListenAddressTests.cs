using PushNode.Hosting;
using PushNode.Settings;

namespace PushNode.Tests.Hosting;

internal sealed class ListenAddressTests
{
    [TestCase("http://127.0.0.1:8080", "http://127.0.0.1:8080", true)]
    [TestCase("HTTPS://[::1]:8443/", "https://[::1]:8443", true)]
    [TestCase("http://localhost", "http://localhost:80", true)]
    [TestCase("https://127.1.2.3", "https://127.1.2.3:443", true)]
    [TestCase("http://*:0", "http://*:0", false)]
    [TestCase("http://+:8080", "http://*:8080", false)]
    [TestCase("http://0.0.0.0:8080", "http://0.0.0.0:8080", false)]
    [TestCase("http://[::]:8080", "http://*:8080", false)]
    [TestCase("http://10.0.0.5:8080", "http://10.0.0.5:8080", false)]
    public void Parse_TakesAddresses_AndKnowsLoopback(string text, string canonical, bool isLoopback)
    {
        ListenAddress address = ListenAddress.ParseList(text).Single();

        Assert.That(address.ToString(), Is.EqualTo(canonical));
        Assert.That(address.IsLoopback, Is.EqualTo(isLoopback));
    }

    [Test]
    public void ParseList_TakesSeveral_WithEitherSeparator()
    {
        Assert.That(
            ListenAddress.ParseList("http://127.0.0.1:1; https://127.0.0.1:2,http://127.0.0.1:1").Select(static a => a.ToString()),
            Is.EqualTo(new[] { "http://127.0.0.1:1", "https://127.0.0.1:2" }));
    }

    [TestCase("")]
    [TestCase("127.0.0.1:8080")]
    [TestCase("ftp://127.0.0.1:8080")]
    [TestCase("http://example.com:8080", Description = "Kestrel would listen on every address")]
    [TestCase("http://1:8080", Description = "the old spelling of 0.0.0.1")]
    [TestCase("http://127.0.0.1:8080/path")]
    [TestCase("http://[127.0.0.1]:80")]
    [TestCase("http://:8080")]
    [TestCase("http://")]
    public void Parse_RefusesWhatIsNoAddress_AndShowsTheForm(string text)
    {
        Assert.That(() => ListenAddress.ParseList(text), Throws.TypeOf<SettingsException>().With.Message.Contains("http://127.0.0.1:8080"));
    }

    [TestCase("http://127.0.0.1:65536", "65536")]
    [TestCase("http://127.0.0.1:-1", "-1")]
    [TestCase("http://127.0.0.1:http", "http")]
    [TestCase("http://127.0.0.1:", "")]
    public void Parse_RefusesABadPort_AndNamesIt(string text, string port)
    {
        Assert.That(() => ListenAddress.ParseList(text), Throws.TypeOf<SettingsException>().With.Message.Contains($"'{port}' is no port"));
    }

    [TestCase("http://127.0.0.1:8080", "http://127.0.0.1:8080", true)]
    [TestCase("http://*:8080", "https://127.0.0.1:8080", true)]
    [TestCase("http://[fd00::5]:8080", "http://*:8080", true)]
    [TestCase("http://0.0.0.0:8080", "http://10.0.0.5:8080", true)]
    [TestCase("http://localhost:8080", "http://[::1]:8080", true)]
    [TestCase("http://127.0.0.1:8080", "http://localhost:8080", true)]
    [TestCase("http://127.0.0.1:8080", "http://127.0.0.1:8081", false)]
    [TestCase("http://127.0.0.1:8080", "http://10.0.0.5:8080", false)]
    [TestCase("http://0.0.0.0:8080", "http://[::1]:8080", false)]
    [TestCase("http://127.0.0.1:0", "http://127.0.0.1:0", false)]
    public void Overlaps_WhereBothCannotBeListenedOn(string one, string other, bool overlap) =>
        Assert.That(ListenAddress.Parse("Urls", one).Overlaps(ListenAddress.Parse("Urls", other)), Is.EqualTo(overlap));
}
