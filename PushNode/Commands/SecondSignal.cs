using System.Runtime.InteropServices;

namespace PushNode.Commands;

/// <summary>The first SIGTERM or Ctrl-C lets a node end in good order, which may take as long as it drains; the second one ends it at once.</summary>
internal sealed class SecondSignal : IDisposable
{
    private readonly PosixSignalRegistration[] registrations;
    private int signals;

    private SecondSignal() => registrations = [PosixSignalRegistration.Create(PosixSignal.SIGTERM, Note), PosixSignalRegistration.Create(PosixSignal.SIGINT, Note)];

    /// <summary>Watches until it is disposed.</summary>
    public static SecondSignal Watch() => new();

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in registrations)
            registration.Dispose();
    }

    private void Note(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref signals) == 2)
            Environment.Exit(ExitCodes.Failure);
    }
}
