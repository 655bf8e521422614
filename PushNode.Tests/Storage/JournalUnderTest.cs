using PushNode.Messages;
using PushNode.Settings;
using PushNode.Storage.Journal;
using PushNode.Tests.Support;

namespace PushNode.Tests.Storage;

/// <summary>A data folder, a clock, a disk that fails on demand, and the journals opened on them one after another.</summary>
internal sealed class JournalUnderTest : IAsyncDisposable
{
    private readonly TemporaryFolder folder = new();
    private JournalStore? open;
    private int messages;

    public JournalSettings Settings { get; } = new();

    public ManualTime Time { get; } = new();

    public FaultyDisk Disk { get; } = new();

    public LogRecorder Log { get; } = new();

    public JournalStore Store => open ?? throw new InvalidOperationException("not open");

    public long Now => Time.GetUtcNow().ToUnixTimeMilliseconds();

    public string DataPath => folder.Path;

    public string JournalPath => Path.Combine(folder.Path, "journal");

    public string StatePath => Path.Combine(JournalPath, "state");

    /// <summary>The segment files there are, oldest first.</summary>
    public string[] SegmentFiles => [.. Directory.GetFiles(JournalPath, "*.log").Order()];

    public JournalStore Create() =>
        new(new DataFolder(folder.Path), Settings, Time, Disk, Log.CreateLogger<JournalStore>());

    public async Task<JournalStore> OpenAsync()
    {
        open = Create();
        await open.OpenAsync(CancellationToken.None);
        return open;
    }

    /// <summary>Closes in order.</summary>
    public async Task CloseAsync()
    {
        if (open is not null)
            await open.DisposeAsync();
        open = null;
    }

    public async Task<JournalStore> ReopenAsync()
    {
        await CloseAsync();
        return await OpenAsync();
    }

    /// <summary>Up to where a segment holds something: behind that come the zeros into which it will be written.</summary>
    public static int ContentOf(string segment) => File.ReadAllBytes(segment).AsSpan().LastIndexOfAnyExcept((byte)0) + 1;

    /// <summary>The journal's files as they are now, by path: what a killed process leaves.</summary>
    public Dictionary<string, byte[]> CopyFiles()
    {
        var copy = new Dictionary<string, byte[]>();
        foreach (string file in Directory.GetFiles(JournalPath))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            copy[file] = bytes;
        }

        return copy;
    }

    /// <summary>Closes, puts these files in the place of those there are, and opens.</summary>
    public async Task<JournalStore> ReopenWithAsync(Dictionary<string, byte[]> files)
    {
        await CloseAsync();
        Directory.Delete(JournalPath, recursive: true);
        Directory.CreateDirectory(JournalPath);
        foreach ((string path, byte[] bytes) in files)
            await File.WriteAllBytesAsync(path, bytes);
        Log.Clear();
        return await OpenAsync();
    }

    /// <summary>Opens what a killed process would have left.</summary>
    public Task<JournalStore> CrashAsync() => ReopenWithAsync(CopyFiles());

    public Message CreateMessage(Channel channel, string? producerId = null, TimeSpan? ttl = null, int size = 2, string? label = null)
    {
        string id = producerId ?? $"m{Interlocked.Increment(ref messages)}";
        byte[] data = new byte[Math.Max(size, 2)];
        data.AsSpan().Fill((byte)'x');
        data[0] = data[^1] = (byte)'"';
        return new Message(channel, id, Now, ttl is { } t ? Now + (long)t.TotalMilliseconds : long.MaxValue, label, data)
        {
            HasProducerId = producerId is not null,
        };
    }

    /// <summary>Appends one message after another, each in a batch of its own, and returns them.</summary>
    public async Task<Message[]> AppendAsync(Channel channel, int count, TimeSpan? ttl = null, int size = 2)
    {
        Message[] appended = [.. Enumerable.Range(0, count).Select(_ => CreateMessage(channel, null, ttl, size))];
        foreach (Message message in appended)
            await Store.AppendAsync([message], CancellationToken.None);
        return appended;
    }

    /// <summary>Everything the channel has, read page by page.</summary>
    public async Task<List<Message>> ReadAllAsync(Channel channel, long after = 0, int maxBytes = 1 << 20)
    {
        var all = new List<Message>();
        while (true)
        {
            var page = await Store.ReadAsync(channel, after, maxBytes, CancellationToken.None);
            all.AddRange(page.Messages);
            if (page.Through >= page.Head)
                return all;
            after = page.Through;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Disk.Heal();
        await CloseAsync();
        folder.Dispose();
    }
}
