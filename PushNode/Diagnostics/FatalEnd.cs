using Microsoft.Extensions.Hosting;

namespace PushNode.Diagnostics;

/// <summary>Ends a node that must not go on, in good order; its exit code then says that it failed. Whoever asks for it has logged why.</summary>
internal sealed class FatalEnd(IHostApplicationLifetime lifetime)
{
    private volatile bool hasFailed;

    public bool HasFailed => hasFailed;

    public void Stop()
    {
        hasFailed = true;
        lifetime.StopApplication();
    }
}
