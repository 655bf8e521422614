using PushNode.Settings;

namespace PushNode.Auth;

/// <summary>The addresses of the servers that auth asks.</summary>
internal static class HttpUrl
{
    /// <summary>What is wrong with the address; null when it is an absolute http(s) URL without credentials.</summary>
    public static SettingError? FindFault(string key, string url) => !Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) || !IsHttp(uri)
        ? new SettingError(key, null, "must be an absolute http:// or https:// URL")
        : uri.UserInfo.Length > 0
            ? new SettingError(key, null, "must not contain a user name or password")
            : null;

    /// <summary>The URL without its query, which may hold a secret.</summary>
    public static string ForLog(Uri url) => url.GetLeftPart(UriPartial.Path);

    /// <summary>Whether whoever is on the way can change what is said.</summary>
    public static bool IsExposed(Uri url) => url.Scheme == Uri.UriSchemeHttp && !url.IsLoopback;

    private static bool IsHttp(Uri uri) => uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps;
}
