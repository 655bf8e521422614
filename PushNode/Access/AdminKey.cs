using PushNode.Settings;

namespace PushNode.Access;

/// <summary>The key of whoever runs the node. It also opens what producers' keys open, so that one key is enough for the dashboard.</summary>
/// <param name="secret">Null when there is none: then nothing is right.</param>
internal sealed class AdminKey(SharedSecret? secret)
{
    public static AdminKey None { get; } = new(null);

    public bool IsSet => secret is not null;

    public bool IsRight(string? shown) => secret?.IsRight(shown) == true;
}
