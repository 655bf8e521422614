using PushNode.Settings;

namespace PushNode.Tests.Hosting;

internal sealed class RoleNamesTests
{
    [TestCase("auth,collect,dispatch,push", Roles.All)]
    [TestCase(" Push , AUTH,", Roles.Auth | Roles.Push)]
    [TestCase("auth", Roles.Auth)]
    [TestCase("dispatch,push,auth", Roles.Auth | Roles.Push | Roles.Dispatch)]
    public void Parse_TakesNames_InAnyOrderAndCase(string text, object roles)
    {
        Assert.That(RoleNames.Parse(text), Is.EqualTo(roles));
    }

    [TestCase("", "one or more of auth, collect, dispatch, push")]
    [TestCase("auth,pusch", "there is no role 'pusch'")]
    [TestCase("collect", "collect needs dispatch")]
    [TestCase("dispatch,collect", "dispatch needs push")]
    [TestCase("push", "push needs auth")]
    public void Parse_RefusesWhatCannotRun_AndSaysWhy(string text, string why)
    {
        Assert.That(() => RoleNames.Parse(text), Throws.TypeOf<SettingsException>().With.Message.Contains(why));
    }
}
