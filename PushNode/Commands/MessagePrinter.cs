using System.Globalization;

namespace PushNode.Commands;

/// <summary>Writes each message as one line.</summary>
internal sealed class MessagePrinter(TextWriter output, bool isJson)
{
    /// <summary>Returns when the line has been handed to whoever reads it.</summary>
    public async Task PrintAsync(ServerFrame message)
    {
        await output.WriteLineAsync(isJson ? OneLine(message.Json) : PlainText.From(Describe(message)));
        await output.FlushAsync();
    }

    private static string Describe(ServerFrame message) => string.Join(
        ' ',
        message.Text("time") ?? "-",
        message.Text("channel") ?? "-",
        message.Seq?.ToString(CultureInfo.InvariantCulture) ?? "-",
        message.Text("event") ?? "-",
        OneLine(message.Data ?? "-"));

    // A line end in JSON stands between values only: within a text it is written \n.
    private static string OneLine(string json) => json.Replace('\n', ' ').Replace('\r', ' ');
}
