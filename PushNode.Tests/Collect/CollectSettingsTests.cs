using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using PushNode.Collect;
using PushNode.Settings;

namespace PushNode.Tests.Collect;

internal sealed class CollectSettingsTests
{
    [Test]
    public void Defaults_AreRight_AndTheBodyHasRoomForDataAndRecipients()
    {
        var settings = SettingsRegistration.Bind<CollectSettings>(new ConfigurationBuilder().Build());

        Assert.That(settings.BodyLimit, Is.GreaterThanOrEqualTo((64 * 1024) + (1_000 * 131)));
        Assert.That(settings.MaxTtl, Is.EqualTo(TimeSpan.FromDays(7)));
    }

    [TestCase("MaxDataBytes", "0", "Collect:MaxDataBytes is '0'")]
    [TestCase("MaxBodyBytes", "10", "Collect:MaxBodyBytes is '10'")]
    [TestCase("MaxBodyBytes", "65535", "Collect:MaxBodyBytes is '65535': it must be at least 65536 (Collect:MaxDataBytes)")]
    [TestCase("MaxTtl", "00:00:00", "Collect:MaxTtl is '00:00:00'")]
    [TestCase("DeliveryWait", "00:02:00", "Collect:DeliveryWait is '00:02:00'")]
    [TestCase("MaxMessagesPerSecond", "-1", "Collect:MaxMessagesPerSecond is '-1'")]
    [TestCase("MessageBurst", "-1", "Collect:MessageBurst is '-1'")]
    [TestCase("MaxQueuedMessages", "999", "Collect:MaxQueuedMessages is '999'")]
    [TestCase("MaxQueuedBytes", "9", "Collect:MaxQueuedBytes is '9'")]
    [TestCase("MaxLinesInFlight", "1", "Collect:MaxLinesInFlight is '1'")]
    [TestCase("MaxDataByte", "1", "Collect:MaxDataByte is no setting")]
    [TestCase("ApiKeys:0", "short", "Collect:ApiKeys:0 is no API key")]
    public void BadValue_IsRefused_ByKey(string key, string value, string sentence)
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([KeyValuePair.Create($"Collect:{key}", (string?)value)])
            .Build();

        Assert.That(() => SettingsRegistration.Bind<CollectSettings>(configuration), Throws.InstanceOf<SettingsException>().With.Message.StartsWith(sentence));
    }

    [TestCase("8.00:00:00", null, "Collect:MaxTtl is '8.00:00:00': no message is kept longer than Journal:Retention, which is 7.00:00:00")]
    [TestCase("00:02:00", "00:01:00", "Collect:MaxTtl is '00:02:00'")]
    public void ATtlAboveTheRetention_IsRefused(string ttl, string? retention, string sentence) =>
        Assert.That(() => new ServiceCollection().AddCollect(Lives(ttl, retention)), Throws.TypeOf<SettingsException>().With.Message.StartsWith(sentence));

    [TestCase(null, "00:01:00", "00:01:00", Description = "the default gives way")]
    [TestCase(null, "30.00:00:00", "7.00:00:00")]
    [TestCase("30.00:00:00", "30.00:00:00", "30.00:00:00")]
    public void TheLongestTtl_IsNoLongerThanTheRetention(string? ttl, string? retention, string longest)
    {
        var services = new ServiceCollection();
        services.AddCollect(Lives(ttl, retention));

        Assert.That(services.BuildServiceProvider().GetRequiredService<CollectSettings>().MaxTtl.ToString(), Is.EqualTo(longest));
    }

    private static IConfiguration Lives(string? ttl, string? retention) =>
        new ConfigurationBuilder().AddInMemoryCollection([new("Collect:MaxTtl", ttl), new("Journal:Retention", retention)]).Build();
}
