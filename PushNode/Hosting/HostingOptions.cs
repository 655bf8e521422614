using PushNode.Settings;

namespace PushNode.Hosting;

/// <summary>How a node takes requests and how it stops.</summary>
internal sealed class HostingOptions : ISettings
{
    public static string Section => "Hosting";

    /// <summary>How long a client may take to send the header of a request; 1 s to 2 minutes.</summary>
    public TimeSpan HeaderTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a node that was told to stop waits for what is under way before it cuts it off; 1 s to 5 minutes.</summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(10);

    public IEnumerable<SettingError> Check() =>
    [
        .. SettingError.Range("Hosting:HeaderTimeout", HeaderTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(2)),
        .. SettingError.Range("Hosting:ShutdownTimeout", ShutdownTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)),
    ];
}
