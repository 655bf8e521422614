using PushNode.Hosting;
using PushNode.Tests.Support;

namespace PushNode.Tests.Hosting;

internal sealed class LaunchCommandTests
{
    [TestCase("/src/PushNode/bin/pushnode", "/src", "PushNode/bin/pushnode")]
    [TestCase("/src/pushnode", "/src", "./pushnode")]
    [TestCase("/opt/pushnode/pushnode", "/src", "/opt/pushnode/pushnode")]
    [TestCase("/src/my node/pushnode", "/src", "'my node/pushnode'")]
    public void Find_AnExecutable_ByItsPath(string process, string current, string command)
    {
        Assert.That(LaunchCommand.Find(process, "/anywhere", current, "/usr/bin:/bin"), Is.EqualTo(command));
    }

    [Test]
    public void Find_TheLibraryUnderDotnet_ByItsPath()
    {
        Assert.That(LaunchCommand.Find("/usr/share/dotnet/dotnet", "/app/", "/src", ""), Is.EqualTo("dotnet /app/pushnode.dll"));
    }

    [Test]
    public void Find_AnExecutableOnThePath_ByItsName()
    {
        using var bin = new TemporaryFolder();
        using var app = new TemporaryFolder();
        File.WriteAllText(app.File("pushnode"), "");
        File.CreateSymbolicLink(bin.File("pushnode"), app.File("pushnode"));

        Assert.That(LaunchCommand.Find(app.File("pushnode"), app.Path, "/src", $"/nowhere:{bin.Path}"), Is.EqualTo("pushnode"));
    }

    [Test]
    public void Find_AnotherPushnodeOnThePath_IsNotTakenForThisOne()
    {
        using var bin = new TemporaryFolder();
        File.WriteAllText(bin.File("pushnode"), "");

        Assert.That(LaunchCommand.Find("/opt/pushnode", "/opt", "/src", bin.Path), Is.EqualTo("/opt/pushnode"));
    }
}
