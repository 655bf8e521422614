using PushNode.Hosting;
using PushNode.Settings;

namespace PushNode.Tests.Hosting;

internal sealed class SettingArgumentsTests
{
    [Test]
    public void Extract_TakesSettingsOut_AndLeavesTheRestInOrder()
    {
        var split = SettingArguments.Extract(["--data", "d", "--Auth:Jwt:Issuer", "listen", "token", "--Collect:MaxDataBytes=5", "--A:B=x=y", "--user", "u"]);

        Assert.That(split.Rest, Is.EqualTo(new[] { "--data", "d", "token", "--user", "u" }));
        Assert.That(split.Settings, Is.EquivalentTo(new Dictionary<string, string?>
        {
            ["Auth:Jwt:Issuer"] = "listen",
            ["Collect:MaxDataBytes"] = "5",
            ["A:B"] = "x=y",
        }));
    }

    [Test]
    public void Extract_TheLastOfTwo_Counts()
    {
        Assert.That(SettingArguments.Extract(["--A:b", "1", "--a:B=2"]).Settings["A:B"], Is.EqualTo("2"));
    }

    [TestCase("--urls:http://127.0.0.1:1")]
    [TestCase("--nothing")]
    [TestCase("-A:B=1")]
    [TestCase("text:with colon")]
    public void Extract_OtherShapes_AreLeftToTheParser(string argument)
    {
        Assert.That(SettingArguments.Extract([argument]).Rest, Is.EqualTo(new[] { argument }));
    }

    [Test]
    public void Extract_AfterTwoDashes_TakesNothing()
    {
        Assert.That(SettingArguments.Extract(["send", "--", "--A:B=1"]).Rest, Is.EqualTo(new[] { "send", "--", "--A:B=1" }));
    }

    [TestCase("--A:B")]
    [TestCase("--A:B", "--C:D", "1")]
    public void Extract_ASettingWithoutValue_IsRefusedByName(params string[] arguments)
    {
        Assert.That(() => SettingArguments.Extract(arguments), Throws.TypeOf<SettingsException>().With.Message.StartsWith("--A:B needs a value"));
    }
}
