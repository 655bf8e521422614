using System.Security.Cryptography;

namespace PushNode.Storage;

/// <summary>Ids of stores' lives.</summary>
internal static class Epochs
{
    private const string Characters = "abcdefghijkmnpqrstuvwxyz23456789";
    private const int Length = 12;

    /// <summary>An epoch that no store has had.</summary>
    public static string Create() => RandomNumberGenerator.GetString(Characters, Length);
}
