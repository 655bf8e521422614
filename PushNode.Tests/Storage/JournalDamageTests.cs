using Microsoft.Extensions.Logging;
using PushNode.Messages;
using PushNode.Storage.Journal;

namespace PushNode.Tests.Storage;

/// <summary>Whatever happened to the files: what is readable is there, what is lost is said, and no seq is used twice.</summary>
internal sealed class JournalDamageTests
{
    private static readonly Channel Alice = Channel.User("alice");
    private static readonly Channel Bob = Channel.User("bob");

    private readonly JournalUnderTest journal = new();

    [SetUp]
    public Task OpenAsync() => journal.OpenAsync();

    [TearDown]
    public async Task CloseAsync() => await journal.DisposeAsync();

    [Test]
    public async Task LastRecord_CutAtEveryByte_LeavesTheEarlierOnes([Values] bool closedInOrder)
    {
        (Dictionary<string, byte[]> files, string segment, int lastRecord) = await WriteThreeAsync(closedInOrder);
        byte[] whole = files[segment];

        // Without an orderly close, a file that ends right behind a record tells of no later one.
        for (int length = closedInOrder ? lastRecord : lastRecord + 1; length < whole.Length; length++)
        {
            await AssertEarlierAndNoReuseAsync(new(files) { [segment] = whole[..length] }, 2, $"cut to {length} bytes");
            await AssertEarlierAndNoReuseAsync(new(files) { [segment] = [.. whole[..length], .. new byte[300]] }, 2, $"zeros from byte {length} on");
        }
    }

    [Test]
    public async Task LastRecord_WithAnyByteFlipped_LeavesTheEarlierOnes()
    {
        (Dictionary<string, byte[]> files, string segment, int lastRecord) = await WriteThreeAsync(closedInOrder: false);
        for (int i = lastRecord; i < files[segment].Length; i++)
        {
            byte[] flipped = [.. files[segment]];
            flipped[i] ^= 0x5A;
            await AssertEarlierAndNoReuseAsync(new(files) { [segment] = flipped }, 2, $"byte {i} flipped");
        }
    }

    [Test]
    public async Task BordersOfSegments_CutAtEveryByte_LeaveEverythingElse()
    {
        journal.Settings.SegmentBytes = 100;
        await journal.ReopenAsync();
        await journal.AppendAsync(Alice, 4, size: 100);
        Dictionary<string, byte[]> files = journal.CopyFiles();
        string[] segments = journal.SegmentFiles;
        Assert.That(segments, Has.Length.EqualTo(4));

        // The newest segment, from nothing at all over its header to its only record.
        byte[] newest = files[segments[^1]];
        for (int length = 0; length < newest.Length; length++)
        {
            bool onlyHeader = length <= SegmentHeader.Length;
            await AssertEarlierAndNoReuseAsync(new(files) { [segments[^1]] = newest[..length] }, 3, $"newest cut to {length}", onlyHeader ? 3 : 4);
        }

        // The one before it: its record is lost, the later one is not.
        byte[] older = files[segments[^2]];
        for (int length = SegmentHeader.Length; length < older.Length; length += 7)
        {
            await journal.ReopenWithAsync(new(files) { [segments[^2]] = older[..length] });
            Assert.That((await journal.ReadAllAsync(Alice)).Select(static m => m.Seq), Is.EqualTo(new long[] { 1, 2, 4 }), $"older cut to {length}");
            Assert.That((await journal.AppendAsync(Alice, 1))[0].Seq, Is.GreaterThan(4));
        }
    }

    [Test]
    public async Task TornTail_IsCut_AndSaidWithFileOffsetAndBytes()
    {
        (Dictionary<string, byte[]> files, string segment, int lastRecord) = await WriteThreeAsync(closedInOrder: false);

        await journal.ReopenWithAsync(new(files) { [segment] = [.. files[segment][..lastRecord], .. new byte[99], 1, .. new byte[100]] });

        Assert.That(journal.Log.At(LogLevel.Warning), Has.One.EqualTo($"{segment} ends in the middle of a record: cut back to byte {lastRecord}, 100 bytes removed"));
        Assert.That(new FileInfo(segment).Length, Is.EqualTo(lastRecord));
    }

    [Test]
    public async Task ZerosAheadOfWhatIsWritten_AreNoDamage_AndGoWithAnOrderlyEnd()
    {
        string segment = journal.SegmentFiles[0];
        await journal.AppendAsync(Alice, 3);
        int end = JournalUnderTest.ContentOf(segment);
        Assert.That(new FileInfo(segment).Length, Is.GreaterThan(end), "it is written into zeros");

        await journal.CrashAsync();
        Message[] next = await journal.AppendAsync(Alice, 1);

        Assert.That(journal.Log.At(LogLevel.Warning), Is.Empty);
        Assert.That(next[0].Seq, Is.EqualTo(4), "nothing is skipped");
        await journal.CloseAsync();
        Assert.That(new FileInfo(segment).Length, Is.EqualTo(JournalUnderTest.ContentOf(segment)));
    }

    [Test]
    public async Task Record_DamagedInTheMiddle_LosesOnlyItself()
    {
        await journal.AppendAsync(Alice, 20, size: 100);
        await journal.CloseAsync();
        string file = journal.SegmentFiles[0];
        byte[] bytes = await File.ReadAllBytesAsync(file);
        int record = (bytes.Length - SegmentHeader.Length) / 20;
        int from = SegmentHeader.Length + (record * 7);
        bytes[from + 40] ^= 1;
        await File.WriteAllBytesAsync(file, bytes);

        await journal.OpenAsync();
        List<Message> read = await journal.ReadAllAsync(Alice);
        Message next = (await journal.AppendAsync(Alice, 1))[0];

        Assert.That(read.Select(static m => m.Seq), Is.EqualTo(Enumerable.Range(1, 20).Where(static i => i != 8).Select(static i => (long)i)));
        Assert.That(journal.Log.At(LogLevel.Error), Has.One.Contains($"{file} is damaged from byte {from} to byte {from + record}"));
        Assert.That(next.Seq, Is.GreaterThan(20));
        Assert.That(journal.SegmentFiles, Has.Length.EqualTo(2), "a damaged segment is not written to again");
    }

    [Test]
    public async Task Damage_OnceSkipped_IsNotSkippedAgainAtEachStart()
    {
        await journal.AppendAsync(Alice, 20, size: 100);
        await journal.CloseAsync();
        await FlipAsync(journal.SegmentFiles[0], SegmentHeader.Length + 40);

        await journal.OpenAsync();
        long head = (await journal.Store.ReadHeadsAsync([Alice], default))[0];
        await journal.ReopenAsync();

        Assert.That((await journal.Store.ReadHeadsAsync([Alice], default))[0], Is.EqualTo(head));
    }

    [Test]
    public async Task OlderSegment_DamagedToItsEnd_LeavesTheOthers()
    {
        journal.Settings.SegmentBytes = 1000;
        await journal.ReopenAsync();
        await journal.AppendAsync(Alice, 30, size: 100);
        string older = journal.SegmentFiles[1];
        await journal.CloseAsync();
        await using (FileStream stream = File.OpenWrite(older))
            stream.SetLength(stream.Length / 2);

        await journal.OpenAsync();
        List<Message> read = await journal.ReadAllAsync(Alice);

        Assert.That(read, Has.Count.InRange(20, 29));
        Assert.That(read.Select(static m => m.Seq), Is.Ordered.And.Unique);
        Assert.That(read[^1].Seq, Is.EqualTo(30));
        Assert.That(journal.Log.At(LogLevel.Error), Has.Some.Contains(older));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(2)]
    public async Task Segment_Missing_IsSaid_AndItsSeqsAreNotUsedAgain(int index)
    {
        journal.Settings.SegmentBytes = 1000;
        await journal.ReopenAsync();
        await journal.AppendAsync(Alice, 10, size: 100);
        await journal.AppendAsync(Bob, 10, size: 100);
        await journal.CloseAsync();
        string[] files = journal.SegmentFiles;
        string missing = index == 2 ? files[^1] : files[index];
        File.Delete(missing);

        await journal.OpenAsync();
        List<Message> read = [.. await journal.ReadAllAsync(Alice), .. await journal.ReadAllAsync(Bob)];
        Message alice = (await journal.AppendAsync(Alice, 1))[0];
        Message bob = (await journal.AppendAsync(Bob, 1))[0];

        Assert.That(read, Has.Count.GreaterThan(8));
        Assert.That(new[] { alice.Seq, bob.Seq }, Is.All.GreaterThan(10));
        Assert.That(journal.Log.At(LogLevel.Error), Has.Some.Contains($"{missing} is missing"));
        journal.Log.Clear();
        await journal.ReopenAsync();
        Assert.That(journal.Log.At(LogLevel.Error), Is.Empty, "it is said once");
    }

    [Test]
    public async Task Channel_ThatWasLostWhole_NeverReusesItsSeqs()
    {
        await journal.AppendAsync(Alice, 1);
        await journal.AppendAsync(Bob, 5, size: 100);
        await journal.CloseAsync();
        string file = journal.SegmentFiles[0];
        byte[] bytes = await File.ReadAllBytesAsync(file);
        bytes.AsSpan(bytes.Length / 4).Clear();
        await File.WriteAllBytesAsync(file, bytes);

        await journal.OpenAsync();
        Assert.That(await journal.ReadAllAsync(Bob), Is.Empty);
        for (int i = 0; i < 2; i++)
            await journal.ReopenAsync();

        Assert.That((await journal.AppendAsync(Bob, 1))[0].Seq, Is.GreaterThan(5));
    }

    [Test]
    public async Task Segment_ThatWasJustBeingMade_IsRemoved([Values(0, 1, 20)] int length)
    {
        await journal.AppendAsync(Alice, 3);
        await journal.CloseAsync();
        string unfinished = Path.Combine(journal.JournalPath, "00000002.log");
        await File.WriteAllBytesAsync(unfinished, SegmentHeader.Create(2, 0)[..length]);

        await journal.OpenAsync();

        Assert.That(await journal.ReadAllAsync(Alice), Has.Count.EqualTo(3));
        Assert.That((await journal.AppendAsync(Alice, 1))[0].Seq, Is.EqualTo(4), "nothing was lost, so nothing is skipped");
        Assert.That(journal.SegmentFiles, Has.Length.EqualTo(1));
        Assert.That(journal.Log.At(LogLevel.Warning), Has.One.Contains(unfinished));
    }

    [Test]
    public async Task SegmentHeader_Damaged_LosesNoMessage()
    {
        await journal.AppendAsync(Alice, 3);
        await journal.CloseAsync();
        await FlipAsync(journal.SegmentFiles[0], 5);

        await journal.OpenAsync();

        Assert.That(await journal.ReadAllAsync(Alice), Has.Count.EqualTo(3));
    }

    [Test]
    public async Task Segment_EmptiedAfterAnOrderlyClose_NeverReusesItsSeqs()
    {
        await journal.AppendAsync(Alice, 3);
        await journal.CloseAsync();
        await File.WriteAllBytesAsync(journal.SegmentFiles[0], []);

        await journal.OpenAsync();

        Assert.That((await journal.AppendAsync(Alice, 1))[0].Seq, Is.GreaterThan(3));
        Assert.That(journal.Log.At(LogLevel.Error), Has.Some.Contains("00000001.log"));
    }

    [Test]
    public async Task StateLog_Lost_GivesANewEpoch_AndKeepsTheMessages([Values] bool deleted)
    {
        await journal.AppendAsync(Alice, 3);
        string epoch = journal.Store.Epoch;
        await journal.CloseAsync();
        if (deleted)
            File.Delete(journal.StatePath);
        else
            await FlipAsync(journal.StatePath, 15);

        await journal.OpenAsync();

        Assert.That(journal.Store.Epoch, Is.Not.EqualTo(epoch));
        Assert.That(await journal.ReadAllAsync(Alice), Has.Count.EqualTo(3));
        Assert.That((await journal.AppendAsync(Alice, 1))[0].Seq, Is.EqualTo(4));
        Assert.That(journal.Log.At(LogLevel.Error), Has.One.Contains(journal.StatePath));
    }

    [Test]
    public async Task Segment_OfALaterVersion_IsNotTouched()
    {
        await journal.CloseAsync();
        byte[] header = SegmentHeader.Create(1, 0);
        header[RecordFraming.HeaderLength + 1] = SegmentHeader.Version + 1;
        RecordFraming.Seal(header);
        await File.WriteAllBytesAsync(journal.SegmentFiles[0], header);

        Assert.That(
            async () => await journal.OpenAsync(),
            Throws.TypeOf<PushNode.Settings.SettingsException>().With.Message.Contains("later version"));
        Assert.That(await File.ReadAllBytesAsync(journal.SegmentFiles[0]), Is.EqualTo(header));
    }

    [Test]
    public async Task PowerCut_WhenSyncIsLeftToTheSystem_NeverReusesASeq()
    {
        journal.Settings.Sync = JournalSync.NeverLeavingItToTheSystem;
        await journal.ReopenAsync();
        await journal.AppendAsync(Alice, 2);
        long kept = new FileInfo(journal.SegmentFiles[0]).Length;
        Message[] lost = await journal.AppendAsync(Alice, 3);

        Dictionary<string, byte[]> files = journal.CopyFiles();
        files[journal.SegmentFiles[0]] = files[journal.SegmentFiles[0]][..(int)kept];
        await journal.ReopenWithAsync(files);

        Assert.That((await journal.AppendAsync(Alice, 1))[0].Seq, Is.GreaterThan(lost[^1].Seq));
        Assert.That(await journal.ReadAllAsync(Alice), Has.Count.EqualTo(3));
    }

    private static async Task FlipAsync(string file, int at)
    {
        byte[] bytes = await File.ReadAllBytesAsync(file);
        bytes[at] ^= 0x5A;
        await File.WriteAllBytesAsync(file, bytes);
    }

    /// <summary>Three messages, the files as a crash or an orderly close leaves them, and where the third record begins.</summary>
    private async Task<(Dictionary<string, byte[]> Files, string Segment, int LastRecord)> WriteThreeAsync(bool closedInOrder)
    {
        string segment = journal.SegmentFiles[0];
        await journal.AppendAsync(Alice, 2);
        int lastRecord = JournalUnderTest.ContentOf(segment);
        await journal.AppendAsync(Alice, 1);
        int end = JournalUnderTest.ContentOf(segment);
        if (closedInOrder)
            await journal.CloseAsync();
        Dictionary<string, byte[]> files = journal.CopyFiles();
        files[segment] = files[segment][..end];
        return (files, segment, lastRecord);
    }

    private async Task AssertEarlierAndNoReuseAsync(Dictionary<string, byte[]> files, int earlier, string what, int used = 3)
    {
        await journal.ReopenWithAsync(files);
        List<Message> read = await journal.ReadAllAsync(Alice);
        Message next = (await journal.AppendAsync(Alice, 1))[0];
        List<Message> after = await journal.ReadAllAsync(Alice);

        Assert.That(read.Select(static m => m.Seq), Is.EqualTo(Enumerable.Range(1, earlier).Select(static i => (long)i)), what);
        Assert.That(next.Outcome, Is.EqualTo(StoreOutcome.Stored), what);
        Assert.That(next.Seq, Is.GreaterThan(used), what);
        Assert.That(after.Select(static m => m.Id), Is.EqualTo(read.Select(static m => m.Id).Append(next.Id)), what);
    }
}
