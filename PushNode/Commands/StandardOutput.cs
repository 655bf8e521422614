using System.Text;

namespace PushNode.Commands;

/// <summary>Standard output that fails when nobody reads it any more.</summary>
internal static class StandardOutput
{
    private const int Descriptor = 1;

    /// <summary>
    /// A writer that throws <see cref="IOException"/> once the reader of a pipe has gone. The console's own swallows that, and a listener would go on
    /// acknowledging what nobody has seen.
    /// </summary>
    public static TextWriter Open() => Open(OperatingSystem.IsWindows() ? Console.OpenStandardOutput() : new DescriptorStream(Descriptor));

    /// <summary>A writer of UTF-8 without a mark at the start.</summary>
    public static TextWriter Open(Stream stream) => new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
}
