using PushNode.Messages;
using PushNode.Peers;
using PushNode.Storage.Cursors;

namespace PushNode.Storage.Remote;

/// <summary>Answers the other nodes from this node's store.</summary>
internal sealed class StoreService(IMessageStore store, Node node) : IPeerService
{
    public IEnumerable<KeyValuePair<string, Func<PeerCall, Task>>> Routes =>
    [
        Route(StoreProtocol.Status, AnswerStatusAsync),
        Route(StoreProtocol.Read, ReadAsync),
        Route(StoreProtocol.Find, FindAsync),
        Route(StoreProtocol.Heads, ReadHeadsAsync),
        Route(StoreProtocol.Cursors, ReadCursorsAsync),
        Route(StoreProtocol.Move, MoveCursorsAsync),
        Route(StoreProtocol.Devices, ListDevicesAsync),
        Route(StoreProtocol.Revocations, ListRevocationsAsync),
        Route(StoreProtocol.Revoke, RevokeAsync),
    ];

    private static KeyValuePair<string, Func<PeerCall, Task>> Route(string path, Func<PeerCall, ValueTask<PeerWriter>> answer) =>
        KeyValuePair.Create<string, Func<PeerCall, Task>>(path, call => AnswerAsync(call, answer));

    private static async Task AnswerAsync(PeerCall call, Func<PeerCall, ValueTask<PeerWriter>> answer)
    {
        PeerWriter body;
        try
        {
            body = await answer(call);
        }
        catch (StoreUnavailableException e)
        {
            await call.AnswerUnavailableAsync(e.Message);
            return;
        }

        await call.AnswerAsync(body.Written);
    }

    private ValueTask<PeerWriter> AnswerStatusAsync(PeerCall call)
    {
        // Another node may reach what this one cannot.
        if (store.Away is { } away)
            throw new StoreUnavailableException(away);
        PeerWriter answer = Begin();
        string? trouble = store.Trouble;
        answer.Flag(trouble is not null);
        if (trouble is not null)
            answer.Text(trouble);
        return new(answer);
    }

    private async ValueTask<PeerWriter> ReadAsync(PeerCall call)
    {
        List<PageAsk> asks = StoreRequests.ReadPages(call.Body.Span);
        PeerWriter answer = Begin();
        foreach (PageAsk ask in asks)
        {
            if (answer.Length >= StoreProtocol.FullAnswerBytes)
                break;
            MessagePage page = await store.ReadAsync(ask.Channel, ask.After, Math.Clamp(ask.MaxBytes, 1, StoreProtocol.MaxPageBytes), call.Aborted);
            answer.Flag(true);
            answer.Long(page.Through);
            answer.Long(page.Head);
            answer.Int(page.Messages.Count);
            foreach (Message message in page.Messages)
                MessageEntry.Write(answer, message);
        }

        answer.Flag(false);
        return answer;
    }

    private async ValueTask<PeerWriter> FindAsync(PeerCall call)
    {
        (Channel channel, long seq) = StoreRequests.ReadFind(call.Body.Span);
        Message? found = await store.FindAsync(channel, seq, call.Aborted);
        PeerWriter answer = Begin();
        answer.Flag(found is not null);
        if (found is not null)
            MessageEntry.Write(answer, found);
        return answer;
    }

    private async ValueTask<PeerWriter> ReadHeadsAsync(PeerCall call)
    {
        long[] heads = await store.ReadHeadsAsync(StoreRequests.ReadChannels(call.Body.Span), call.Aborted);
        PeerWriter answer = Begin();
        foreach (long head in heads)
            answer.Long(head);
        return answer;
    }

    private async ValueTask<PeerWriter> ReadCursorsAsync(PeerCall call)
    {
        List<CursorAsk> asks = StoreRequests.ReadCursorAsks(call.Body.Span);
        PeerWriter answer = Begin();
        foreach (CursorAsk ask in asks)
        {
            foreach (long? cursor in await store.ReadCursorsAsync(ask.UserId, ask.Device, ask.Channels, call.Aborted))
            {
                answer.Flag(cursor is not null);
                if (cursor is { } seq)
                    answer.Long(seq);
            }
        }

        return answer;
    }

    private async ValueTask<PeerWriter> MoveCursorsAsync(PeerCall call)
    {
        (string epoch, List<CursorMove> moves) = StoreRequests.ReadMoves(call.Body.Span);
        // Seqs of another life of the store would make devices miss what this one has under the same numbers.
        bool isOurs = epoch == store.Epoch;
        if (isOurs)
        {
            foreach (CursorMove move in moves)
                store.MoveCursor(move.Key.UserId, move.Key.Device, move.Key.Channel, move.Seq, epoch);
            await store.SaveCursorsAsync(call.Aborted);
        }

        PeerWriter answer = Begin();
        answer.Flag(isOurs);
        return answer;
    }

    private async ValueTask<PeerWriter> ListDevicesAsync(PeerCall call)
    {
        (Channel channel, int limit) = StoreRequests.ReadDevices(call.Body.Span);
        IReadOnlyList<DeviceCursor> devices = await store.ListCursorsAsync(channel, Math.Clamp(limit, 0, StoreProtocol.MaxDevices), call.Aborted);
        PeerWriter answer = Begin();
        answer.Int(devices.Count);
        foreach (DeviceCursor device in devices)
        {
            answer.Text(device.UserId);
            answer.Text(device.Device);
            answer.Long(device.Seq);
        }

        return answer;
    }

    // In the order of user ids, so that a list too long for one answer can be asked for in parts while it grows.
    private async ValueTask<PeerWriter> ListRevocationsAsync(PeerCall call)
    {
        string after = StoreRequests.ReadRevocations(call.Body.Span);
        KeyValuePair<string, long>[] part =
        [
            .. (await store.ListRevocationsAsync(call.Aborted))
                .Where(r => string.CompareOrdinal(r.Key, after) > 0)
                .OrderBy(static r => r.Key, StringComparer.Ordinal)
                .Take(StoreProtocol.MaxRevocations + 1),
        ];
        int count = Math.Min(part.Length, StoreProtocol.MaxRevocations);
        PeerWriter answer = Begin();
        answer.Int(count);
        foreach ((string userId, long before) in part.AsSpan(0, count))
        {
            answer.Text(userId);
            answer.Long(before);
        }

        answer.Flag(part.Length > count);
        return answer;
    }

    private async ValueTask<PeerWriter> RevokeAsync(PeerCall call)
    {
        (string userId, long before) = StoreRequests.ReadRevoke(call.Body.Span);
        await store.RevokeAsync(userId, before, call.Aborted);
        return Begin();
    }

    private PeerWriter Begin()
    {
        var answer = new PeerWriter();
        answer.Text(store.Epoch);
        answer.Text(node.Incarnation);
        return answer;
    }
}
