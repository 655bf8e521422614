using Microsoft.Extensions.Configuration;
using PushNode.Hosting;
using PushNode.Settings;

namespace PushNode.Tests.Hosting;

internal sealed class SettingSectionsTests
{
    [TestCase("auth", "Push:Foo", "1", "Push:Foo is no setting")]
    [TestCase("auth", "Push:HeartbeatInterval", "abc", "Push:HeartbeatInterval is 'abc': it must be a duration")]
    [TestCase("auth,push", "Collect:MaxDataBytes", "abc", "Collect:MaxDataBytes is 'abc': it must be a whole number")]
    [TestCase("auth,push", "Collect:MaxDataBytes", "0", "Collect:MaxDataBytes is '0': it must be from 1 to 16777216")]
    [TestCase("auth,collect,dispatch,push", "Redis:Timout", "1", "Redis:Timout is no setting")]
    public void AWrongSetting_StopsTheStart_WhateverTheRoles(string roles, string key, string value, string sentence) =>
        Assert.That(() => RunningNode.StartAsync([$"Roles={roles}", $"{key}={value}"]), Throws.TypeOf<SettingsException>().With.Message.StartsWith(sentence));

    [Test]
    public void FindFaults_TellsThoseOfAllSections()
    {
        IConfiguration configuration = Configure(("Push:Foo", "1"), ("Auth:Jwt:ClockSkw", "1"), ("Journal:Retention", "1"));

        Assert.That(SettingSections.FindFaults(configuration).Select(static e => e.Key), Is.EquivalentTo(new[] { "Push:Foo", "Auth:Jwt:ClockSkw", "Journal:Retention" }));
    }

    [Test]
    public async Task FilesOfModulesThatDoNotRun_AreNotRead()
    {
        await using RunningNode node = await RunningNode.StartAsync(["Roles=auth", "Collect:ApiKeysFile=/no/such/keys"]);

        Assert.That(node.Origin, Is.Not.Empty);
    }

    private static IConfiguration Configure(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(static s => KeyValuePair.Create(s.Key, (string?)s.Value))).Build();
}
