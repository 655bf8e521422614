using System.Text;
using Microsoft.Win32.SafeHandles;
using PushNode.Settings;
using PushNode.Storage.Journal;

namespace PushNode.Cluster.Redis;

/// <summary>
/// The claim that this node had last, in its data folder: started again while Redis is away, it goes on with it. It is there for as long as this node knows
/// of no other that has had the claim since.
/// </summary>
internal sealed class ClaimFile(DataFolder data, Disk disk, ILogger<ClaimFile> logger)
{
    private const string Name = "claim";

    private readonly string path = Path.Combine(data.Path, Name);
    private StoreClaimRecord? written;

    /// <summary>What it says; null when there is none that can be read.</summary>
    public async Task<StoreClaimRecord?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return written = StoreClaimRecord.Parse(await File.ReadAllTextAsync(path, cancellationToken));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (e is not (FileNotFoundException or DirectoryNotFoundException))
                logger.ClaimFileFailed(path, e.Message);
            return null;
        }
    }

    /// <summary>Writes it durably, if it says something else.</summary>
    public Task WriteAsync(StoreClaimRecord claim) => claim == written ? Task.CompletedTask : ChangeAsync(() => Write(claim), claim);

    /// <summary>Another node has the claim now.</summary>
    public Task DeleteAsync() => ChangeAsync(() => disk.Delete(path), null);

    private async Task ChangeAsync(Action change, StoreClaimRecord? claim)
    {
        try
        {
            await Task.Run(() =>
            {
                change();
                disk.SyncFolder(data.Path);
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            logger.ClaimFileFailed(path, e.Message);
        }

        // One that cannot be written now is not tried again with every heartbeat.
        written = claim;
    }

    private void Write(StoreClaimRecord claim)
    {
        string aside = path + ".new";
        using (SafeFileHandle file = disk.Open(aside, FileMode.Create))
        {
            disk.Write(file, Encoding.UTF8.GetBytes(claim.ToString()), 0);
            disk.Sync(file);
        }

        disk.Replace(aside, path);
    }
}
