using PushNode.Access;
using PushNode.Diagnostics;

namespace PushNode.Admin;

/// <summary>What every admin endpoint asks before it does anything.</summary>
/// <param name="key">The admin key, if there is one.</param>
/// <param name="isLoopback">Whether nobody outside this machine can reach the node.</param>
internal sealed class AdminGuard(AdminKey key, bool isLoopback)
{
    /// <summary>Why the request is refused (401, 403); null when it may go on.</summary>
    public Problem? Check(HttpContext context)
    {
        if (RequestOrigin.CheckOrigin(context.Request) is { } foreign)
            return foreign;
        if (key.IsSet)
            return key.IsRight(BearerToken.Find(context.Request)) ? null : Problem.Unauthorized("this endpoint needs the admin key (Admin:Key), as \"Authorization: Bearer <key>\"");
        return isLoopback
            ? RequestOrigin.CheckLoopbackHost(context.Request, "Admin:Key")
            : Problem.Forbidden("no_admin_key", "this node can be reached from other machines and has no admin key, so nobody may do this: set Admin:Key");
    }
}
