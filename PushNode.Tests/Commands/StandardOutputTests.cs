using System.Globalization;
using Microsoft.Win32.SafeHandles;
using PushNode.Commands;
using PushNode.Tests.Support;

namespace PushNode.Tests.Commands;

internal sealed class StandardOutputTests
{
    [Test]
    public async Task TwoWriters_OfOneFile_WriteOneAfterTheOther()
    {
        using var folder = new TemporaryFolder();
        using SafeFileHandle file = File.OpenHandle(folder.File("out"), FileMode.CreateNew, FileAccess.Write);
        await using TextWriter one = StandardOutput.Open(Stream(file));
        await using TextWriter two = StandardOutput.Open(Stream(file));
        string longLine = new('x', 100_000);

        for (int i = 0; i < 3; i++)
        {
            // Both are being written before either is flushed, as with two processes.
            await one.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"one {i} {longLine}"));
            await two.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"two {i} é"));
            await one.FlushAsync();
            await two.FlushAsync();
        }

        Assert.That(await File.ReadAllLinesAsync(folder.File("out")), Is.EqualTo(new[] { $"one 0 {longLine}", "two 0 é", $"one 1 {longLine}", "two 1 é", $"one 2 {longLine}", "two 2 é" }));
    }

    [Test]
    public async Task AWriterWithoutAReader_Fails_AndCanBeClosed()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("out"), "");
        using SafeFileHandle readOnly = File.OpenHandle(folder.File("out"), FileMode.Open, FileAccess.Read);
        TextWriter output = StandardOutput.Open(Stream(readOnly));
        await output.WriteLineAsync("lost");

        Assert.That(async () => await output.FlushAsync(), Throws.TypeOf<IOException>());
        Assert.That(async () => await output.DisposeAsync(), Throws.Nothing);
    }

    private static DescriptorStream Stream(SafeFileHandle file) => new((int)file.DangerousGetHandle());
}
