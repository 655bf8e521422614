using System.Net;

namespace PushNode.Tests.Hosting;

/// <summary>A node answers what its roles are for, and nothing else.</summary>
internal sealed class RolesTests
{
    [TestCase("auth", HttpStatusCode.NotFound, HttpStatusCode.BadRequest, HttpStatusCode.NotFound)]
    [TestCase("push,auth", HttpStatusCode.NotFound, HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized)]
    [TestCase("collect,dispatch,push,auth", HttpStatusCode.BadRequest, HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized)]
    public async Task Endpoints_AreThoseOfTheRoles(string roles, HttpStatusCode collect, HttpStatusCode verify, HttpStatusCode push)
    {
        await using RunningNode node = await RunningNode.StartAsync([$"Roles={roles}"]);

        Assert.That(await PostAsync(node, "collect"), Is.EqualTo(collect));
        Assert.That(await PostAsync(node, "auth/verify"), Is.EqualTo(verify));
        using HttpResponseMessage sse = await node.Http.GetAsync("push/sse");
        Assert.That(sse.StatusCode, Is.EqualTo(push));
    }

    private static async Task<HttpStatusCode> PostAsync(RunningNode node, string path)
    {
        using StringContent body = new("{}");
        body.Headers.ContentType = null;
        using HttpResponseMessage answer = await node.Http.PostAsync(path, body);
        return answer.StatusCode;
    }
}
