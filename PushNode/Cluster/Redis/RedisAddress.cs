using System.Globalization;
using System.Net;
using PushNode.Diagnostics;
using PushNode.Settings;
using StackExchange.Redis;

namespace PushNode.Cluster.Redis;

/// <summary>Reads where Redis is. What it says of a text that is wrong never quotes it: there may be a password in it.</summary>
internal static class RedisAddress
{
    private const int DefaultPort = 6379;
    private const string Form = "must be host:6379[,host2:6379][,password=SECRET][,ssl=true][,defaultDatabase=1], or redis://[:SECRET@]host[:6379][/1] (rediss:// with TLS)";

    /// <summary>Why it cannot be used, as the rest of a sentence that starts with the key; null when it can.</summary>
    public static string? FindFault(string text)
    {
        try
        {
            Parse(text);
            return null;
        }
        catch (FormatException e)
        {
            return e.Message;
        }
    }

    /// <exception cref="SettingsException">Neither is set, the file cannot be read, or what is in it cannot be used.</exception>
    public static ConfigurationOptions From(RedisOptions options)
    {
        string file = options.ConnectionFile ?? "";
        if (file.Length == 0)
        {
            return string.IsNullOrEmpty(options.Connection)
                ? throw new SettingsException("Redis:Connection", null, "is missing: it says where the Redis of the cluster is, such as host:6379")
                : Parse(options.Connection);
        }

        try
        {
            return Parse(SecretFile.Read("Redis:ConnectionFile", file));
        }
        catch (FormatException e)
        {
            throw new SettingsException("Redis:ConnectionFile", file, $"what is in the file {e.Message}");
        }
    }

    /// <summary>Whether all of the addresses are of this machine only.</summary>
    public static bool IsLoopback(this ConfigurationOptions options) => options.EndPoints.All(static e => e switch
    {
        IPEndPoint ip => IPAddress.IsLoopback(ip.Address),
        DnsEndPoint dns => LoopbackHost.Is(dns.Host),
        _ => false,
    });

    /// <summary>The addresses, for people, with the database if it is not the first.</summary>
    public static string ToText(ConfigurationOptions options)
    {
        string addresses = string.Join(", ", options.EndPoints.Select(ToText));
        return options.DefaultDatabase is { } database and > 0 ? string.Create(CultureInfo.InvariantCulture, $"{addresses} (database {database})") : addresses;
    }

    /// <inheritdoc cref="ToText(ConfigurationOptions)"/>
    public static string ToText(EndPoint endPoint) => endPoint is DnsEndPoint dns ? $"{dns.Host}:{dns.Port}" : endPoint.ToString() ?? "";

    /// <exception cref="FormatException">It cannot be used; the message is the rest of a sentence.</exception>
    private static ConfigurationOptions Parse(string text)
    {
        ConfigurationOptions options = text.Contains("://", StringComparison.Ordinal) ? ParseUrl(text) : ParseList(text);
        if (options.EndPoints.Count == 0)
            throw new FormatException(Form);
        options.SetDefaultPorts();
        return options.EndPoints.All(IsUsable) ? options : throw new FormatException(Form);
    }

    private static ConfigurationOptions ParseList(string text)
    {
        int hosts = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Count(static part => !part.Contains('=', StringComparison.Ordinal));
        try
        {
            ConfigurationOptions options = ConfigurationOptions.Parse(text);
            // The library passes over a host that it does not understand.
            if (options.EndPoints.Count == hosts)
                return AddDefaultPort(options);
        }
        catch (ArgumentException)
        {
            // Its message may quote the text.
        }

        throw new FormatException(Form);
    }

    private static ConfigurationOptions ParseUrl(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? url) || url.Scheme is not ("redis" or "rediss") || url.Host.Length == 0 || url.Query.Length > 0)
            throw new FormatException(Form);
        string[] login = url.UserInfo.Split(':', 2);
        if (login is [{ Length: > 0 } user, ..] && user != "default")
            throw new FormatException("names a user, which is not supported: Redis is logged in to with a password only, as redis://:SECRET@host");

        var options = new ConfigurationOptions { Ssl = url.Scheme == "rediss", Password = login.Length > 1 ? Uri.UnescapeDataString(login[1]) : null };
        options.EndPoints.Add(url.IdnHost.Trim('[', ']'), url.Port > 0 ? url.Port : DefaultPort);
        string database = url.AbsolutePath.Trim('/');
        if (database.Length == 0)
            return options;
        options.DefaultDatabase = int.TryParse(database, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : throw new FormatException(Form);
        return options;
    }

    private static ConfigurationOptions AddDefaultPort(ConfigurationOptions options)
    {
        for (int i = 0; i < options.EndPoints.Count; i++)
        {
            if (options.EndPoints[i] is DnsEndPoint { Port: 0 } dns)
                options.EndPoints[i] = new DnsEndPoint(dns.Host, DefaultPort);
        }

        return options;
    }

    private static bool IsUsable(EndPoint endPoint) => endPoint switch
    {
        DnsEndPoint dns => dns.Port > 0 && Uri.CheckHostName(dns.Host) != UriHostNameType.Unknown,
        IPEndPoint ip => ip.Port > 0,
        _ => false,
    };
}
