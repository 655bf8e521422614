using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using PushNode.Hosting;

namespace PushNode.Tests.Hosting;

internal sealed class LoggingSettingsTests
{
    [TestCase("LogLevel:Default", "Foo", "Logging:LogLevel:Default is 'Foo': it must be one of Trace, Debug, Information, Warning, Error, Critical, None")]
    [TestCase("LogLevel:PushNode.Push", "Debugging", "Logging:LogLevel:PushNode.Push is 'Debugging'")]
    [TestCase("LogLevel", "Debug", "Logging:LogLevel is 'Debug': it is a group of settings, such as Logging:LogLevel:Default")]
    [TestCase("LogLevl:Default", "Debug", "Logging:LogLevl is no setting; known are CaptureScopes, Console and LogLevel")]
    [TestCase("Debug:LogLevel:Default", "Debug", "Logging:Debug is no setting")]
    [TestCase("CaptureScopes", "maybe", "Logging:CaptureScopes is 'maybe': it must be true or false")]
    [TestCase("Console", "x", "Logging:Console is 'x': it is a group of settings")]
    [TestCase("Console:LogLevel:Default", "Foo", "Logging:Console:LogLevel:Default is 'Foo': it must be one of Trace")]
    [TestCase("Console:FormatterNam", "json", "Logging:Console:FormatterNam is no setting; known are FormatterName, FormatterOptions, LogLevel, LogToStandardErrorThreshold, MaxQueueLength, QueueFullMode")]
    [TestCase("Console:TimestampFormat", "o", "Logging:Console:TimestampFormat is no setting")]
    [TestCase("Console:FormatterOptions:TimestampForm", "o", "Logging:Console:FormatterOptions:TimestampForm is no setting; known are ColorBehavior, ")]
    [TestCase("Console:FormatterName", "jsno", "Logging:Console:FormatterName is 'jsno': it must be one of simple, json, systemd")]
    [TestCase("Console:MaxQueueLength", "0", "Logging:Console:MaxQueueLength is '0': it must be at least 1")]
    [TestCase("Console:MaxQueueLength", "many", "Logging:Console:MaxQueueLength is 'many': it must be a whole number")]
    [TestCase("Console:QueueFullMode", "Throw", "Logging:Console:QueueFullMode is 'Throw': it must be one of Wait, DropWrite")]
    [TestCase("Console:LogToStandardErrorThreshold", "Foo", "Logging:Console:LogToStandardErrorThreshold is 'Foo'")]
    [TestCase("Console:FormatterOptions:SingleLine", "maybe", "Logging:Console:FormatterOptions:SingleLine is 'maybe': it must be true or false")]
    [TestCase("Console:FormatterOptions", "x", "Logging:Console:FormatterOptions is 'x': it is a group of settings")]
    public void WhatDotNetWouldChokeOnOrPassOver_IsRefused(string key, string value, string sentence)
    {
        IConfiguration configuration = Configure(("Logging:" + key, value));

        Assert.That(LoggingSettings.Check(configuration).Single().ToString(), Does.StartWith(sentence));
    }

    [TestCase("Logging:LogLevel:Default", "none")]
    [TestCase("logging:loglevel:Any.Category:At.All", "Trace")]
    [TestCase("Logging:LogLevel:Default", "")]
    [TestCase("Logging:CaptureScopes", "true")]
    [TestCase("Logging:Console:LogLevel:PushNode", "Debug")]
    [TestCase("Logging:Console:FormatterName", "JSON")]
    [TestCase("Logging:Console:FormatterOptions:TimestampFormat", "o")]
    [TestCase("Logging:Console:FormatterOptions:JsonWriterOptions:Indented", "true")]
    public async Task WhatDotNetTakes_IsLeftAlone_AndStarts(string key, string value)
    {
        Assert.That(LoggingSettings.Check(Configure((key, value))), Is.Empty);

        await using RunningNode node = await RunningNode.StartAsync([$"{key}={value}"]);
    }

    [Test]
    public async Task TheConsole_IsOneLineWithATimestamp_UnlessTheSettingsSayOtherwise()
    {
        await using RunningNode plain = await RunningNode.StartAsync();
        await using RunningNode other = await RunningNode.StartAsync(["Logging:Console:FormatterName=json", "Logging:Console:FormatterOptions:TimestampFormat=o", "Logging:Console:FormatterOptions:SingleLine=false"]);

        Assert.That(Console(plain), Is.EqualTo(("simple", "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ", true)));
        Assert.That(Console(other), Is.EqualTo(("json", "o", false)));
    }

    private static (string?, string?, bool) Console(RunningNode node)
    {
        SimpleConsoleFormatterOptions simple = node.App.Services.GetRequiredService<IOptions<SimpleConsoleFormatterOptions>>().Value;
        return (node.App.Services.GetRequiredService<IOptions<ConsoleLoggerOptions>>().Value.FormatterName, simple.TimestampFormat, simple.SingleLine);
    }

    private static IConfiguration Configure(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(static s => KeyValuePair.Create(s.Key, (string?)s.Value))).Build();
}
