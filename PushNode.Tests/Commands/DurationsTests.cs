using PushNode.Commands;

namespace PushNode.Tests.Commands;

internal sealed class DurationsTests
{
    [TestCase("90", 90)]
    [TestCase("90s", 90)]
    [TestCase("15m", 900)]
    [TestCase("1h", 3600)]
    [TestCase("7d", 604_800)]
    public void TryParse_TakesSecondsAndUnits(string text, int seconds)
    {
        Assert.That(Durations.TryParse(text, out TimeSpan duration), Is.True);
        Assert.That(duration, Is.EqualTo(TimeSpan.FromSeconds(seconds)));
    }

    [TestCase("")]
    [TestCase("h")]
    [TestCase("0")]
    [TestCase("-1")]
    [TestCase("1.5h")]
    [TestCase("1 h")]
    [TestCase("1w")]
    [TestCase("01:00:00")]
    [TestCase("99999999999999999999")]
    [TestCase("999999999999d")]
    public void TryParse_RefusesTheRest(string text)
    {
        Assert.That(Durations.TryParse(text, out _), Is.False);
    }
}
