using PushNode.Settings;
using PushNode.Storage.Mongo.Driver;

namespace PushNode.Storage.Mongo;

/// <summary>Reads where MongoDB is. What it says of a connection string never quotes it: there may be a password in it.</summary>
internal static class MongoAddress
{
    private const string Standard = "mongodb://";
    private const string Srv = "mongodb+srv://";
    private const string Key = "Mongo:Connection";
    private const string Form = "must be mongodb://[user:SECRET@]host[:27017][,host2:27017][/database][?options], or mongodb+srv://…";

    /// <summary>Why it cannot be used, as the rest of a sentence that starts with the key; null when it may be.</summary>
    public static string? FindFault(string connection)
    {
        string? rest = Rest(connection);
        if (rest is null || Hosts(rest).Length == 0 || connection.AsSpan().ContainsAny(' ', '\r', '\n'))
            return Form;
        return Database(rest).Length > MongoOptions.MaxDatabase ? $"names a database of more than {MongoOptions.MaxDatabase} characters" : null;
    }

    /// <summary>The connection string.</summary>
    /// <exception cref="SettingsException">Neither is set, the file cannot be read, or what is in it cannot be used.</exception>
    public static string From(MongoOptions options)
    {
        string file = options.ConnectionFile ?? "";
        if (file.Length == 0)
            return options.Connection is { Length: > 0 } given ? given : throw new SettingsException(Key, null, "is missing: it says where MongoDB is, such as mongodb://host:27017");
        string text = SecretFile.Read("Mongo:ConnectionFile", file);
        return FindFault(text) is { } fault ? throw new SettingsException("Mongo:ConnectionFile", file, $"what is in the file {fault}") : text;
    }

    /// <summary>The connection string, when the driver is on this machine and can make something of it. Asks nobody.</summary>
    /// <exception cref="SettingsException">As <see cref="From"/>; or the driver is missing, or does not understand it.</exception>
    public static string Check(MongoOptions options)
    {
        string connection = From(options);
        if (!DriverLibrary.TryLoad())
            throw new SettingsException(Key, null, $"is set, but {DriverLibrary.Remedy}");
        return MongoPool.FindFault(connection) is { } fault ? throw NotUnderstood(connection, fault) : connection;
    }

    /// <summary>That the driver does not understand the connection string.</summary>
    /// <param name="connection">The connection string.</param>
    /// <param name="fault">What the driver says: it may quote a part, so it is told only where there is no password.</param>
    public static SettingsException NotUnderstood(string connection, string fault) =>
        new(Key, null, $"cannot be understood by MongoDB's driver{(HasLogin(connection) ? "" : $" ({fault.TrimEnd('.')})")}: see https://www.mongodb.com/docs/manual/reference/connection-string/");

    /// <summary>The hosts, for people.</summary>
    public static string ToText(string connection) => Rest(connection) is { } rest ? Hosts(rest) : "";

    private static bool HasLogin(string connection) => connection.Contains('@', StringComparison.Ordinal);

    private static string? Rest(string connection) =>
        connection.StartsWith(Standard, StringComparison.Ordinal) ? connection[Standard.Length..]
        : connection.StartsWith(Srv, StringComparison.Ordinal) ? connection[Srv.Length..]
        : null;

    // What stands before the @ is the login, in which @, / and ? are escaped. Where they are not, all up to the last @ is taken for it, so that no part of a
    // password is ever shown.
    private static string Hosts(string rest)
    {
        string address = Address(rest);
        int end = address.AsSpan().IndexOfAny('/', '?');
        return end < 0 ? address : address[..end];
    }

    // Between the hosts and the options; empty when it names none.
    private static string Database(string rest)
    {
        string behind = Address(rest)[Hosts(rest).Length..];
        return behind.StartsWith('/') ? Uri.UnescapeDataString(behind[1..].Split('?')[0]) : "";
    }

    private static string Address(string rest) => rest[(rest.LastIndexOf('@') + 1)..];
}
