using Microsoft.Win32.SafeHandles;
using PushNode.Storage.Journal;
using PushNode.Tests.Support;

namespace PushNode.Tests.Storage;

internal sealed class RecordReaderTests : IDisposable
{
    private const int Window = 1 << 20;

    private readonly TemporaryFolder folder = new();
    private SafeFileHandle? file;

    public void Dispose()
    {
        file?.Dispose();
        folder.Dispose();
    }

    [Test]
    public void Records_OfAnyLength_AreReadInOrder()
    {
        int[] lengths = [1, 7, 8, 9, Window - 30, 1, Window, 3 * Window, 5];
        RecordReader reader = Open([.. lengths.SelectMany(static (length, i) => Record(length, (byte)i))]);

        for (int i = 0; i < lengths.Length; i++)
        {
            Assert.That(reader.TryRead(out ReadOnlySpan<byte> payload), Is.True);
            Assert.That((payload.Length, payload[0], payload[^1]), Is.EqualTo((lengths[i], (byte)i, (byte)i)));
        }

        Assert.That(reader.AtEnd, Is.True);
        Assert.That(reader.TryRead(out _), Is.False);
    }

    [Test]
    public void Resync_FindsTheNextRecord_WhereverItLies()
    {
        // Around the borders of the windows it reads in.
        foreach (int garbage in new[] { 1, 3, Window - 14, Window - 13, Window - 12, Window - 4, Window - 3, Window - 2, Window - 1, Window, Window + 1, (2 * Window) - 5 })
        {
            byte[] noise = new byte[garbage];
            new Random(garbage).NextBytes(noise);
            RecordReader reader = Open([.. Record(3, 1), .. noise, .. Record(3, 2), .. Record(3, 3)]);
            reader.TryRead(out _);
            long damage = reader.Position;

            Assert.That(reader.TryRead(out _), Is.False);
            Assert.That(reader.TryResync(), Is.True, $"{garbage} bytes of garbage");
            Assert.That(reader.Position, Is.EqualTo(damage + garbage));
            Assert.That(reader.TryRead(out ReadOnlySpan<byte> payload) ? payload[0] : 0, Is.EqualTo(2));
        }
    }

    [Test]
    public void Resync_OverManyMarkers_ThatBeginNoRecord_EndsSoon()
    {
        byte[] markers = new byte[2 * Window];
        for (int i = 0; i < markers.Length; i += 8)
        {
            RecordFraming.Marker.CopyTo(markers.AsSpan(i));
            markers[i + 4] = 100;
        }

        RecordReader reader = Open([.. markers, .. Record(3, 1)]);

        Assert.That(reader.TryResync(), Is.True);
        Assert.That(reader.Position, Is.EqualTo(markers.Length));
    }

    [Test]
    public void Resync_WithoutALaterRecord_StaysWhereItIs()
    {
        RecordReader reader = Open([.. Record(3, 1), .. Record(50, 2)[..^1]]);
        reader.TryRead(out _);
        long damage = reader.Position;

        Assert.That(reader.TryResync(), Is.False);
        Assert.That(reader.Position, Is.EqualTo(damage));
    }

    private static byte[] Record(int length, byte fill)
    {
        byte[] record = new byte[RecordFraming.HeaderLength + length];
        record.AsSpan(RecordFraming.HeaderLength).Fill(fill);
        RecordFraming.Seal(record);
        return record;
    }

    private RecordReader Open(byte[] bytes)
    {
        file?.Dispose();
        string path = folder.File("records");
        File.WriteAllBytes(path, bytes);
        var disk = new Disk();
        file = disk.Open(path, FileMode.Open);
        return new RecordReader(disk, file, bytes.Length);
    }
}
