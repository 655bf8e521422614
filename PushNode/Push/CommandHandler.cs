using PushNode.Auth;
using PushNode.Cluster;
using PushNode.Messages;

namespace PushNode.Push;

/// <summary>Does what the frames of a client ask for. A frame that is refused is answered with an error frame; the connection stays.</summary>
internal sealed class CommandHandler(Join join, IAuthenticator authenticator, Revocations revocations, PushOptions options)
{
    /// <summary>Handles the whole message in <paramref name="messages"/>.</summary>
    public ValueTask HandleAsync(Connection connection, MessageReader messages)
    {
        if (connection.IsClosed)
            return ValueTask.CompletedTask;
        if (ClientCommand.TryParse(messages.Text, out ClientCommand command) is { } fault)
        {
            connection.Send(ServerFrame.Error("bad_frame", fault));
            return ValueTask.CompletedTask;
        }

        switch (command.Type)
        {
            case CommandType.Ack:
                Acknowledge(connection, command);
                return ValueTask.CompletedTask;
            case CommandType.Subscribe:
                return new(SubscribeAsync(connection, command));
            case CommandType.Unsubscribe:
                return new(UnsubscribeAsync(connection, command.Topic!));
            case CommandType.Auth:
                return new(AuthenticateAsync(connection, command.Token!));
            default:
                connection.Send(ServerFrame.Pong());
                return ValueTask.CompletedTask;
        }
    }

    private static void Acknowledge(Connection connection, in ClientCommand command)
    {
        Channel channel = command.Channel ?? Channel.User(connection.UserId);
        long seq = command.Seq!.Value;
        if (connection.Find(channel) is not { } subscription)
            connection.Send(ServerFrame.Error("not_subscribed", $"ack: this connection is not subscribed to {channel}"));
        else if (seq > subscription.Position && seq > subscription.Feed.PositionOf(subscription))
            connection.Send(ServerFrame.Error("ack_ahead", $"ack: {seq} is above {subscription.Position}, the last seq of {channel} written to this connection"));
        else
            connection.Acknowledge(subscription, seq);
    }

    private async Task SubscribeAsync(Connection connection, ClientCommand command)
    {
        await connection.Joined;
        string topic = command.Topic!;
        if (!connection.Identity.Topics.Allows(topic))
            connection.Send(ServerFrame.Error("topic_not_allowed", $"subscribe: the token does not allow topic {topic}"));
        else if (connection.Find(Channel.Topic(topic)) is not null)
            connection.Send(ServerFrame.Error("already_subscribed", $"subscribe: this connection is subscribed to {topic} already"));
        else if (CountTopics(connection) >= options.MaxTopicsPerConnection)
            connection.Send(ServerFrame.Error("too_many_topics", $"subscribe: at most {options.MaxTopicsPerConnection} topics on one connection"));
        else
            await join.SubscribeAsync(connection, topic, command.After, connection.ClientGone);
    }

    private async Task UnsubscribeAsync(Connection connection, string topic)
    {
        await connection.Joined;
        if (connection.Find(Channel.Topic(topic)) is not { } subscription)
        {
            connection.Send(ServerFrame.Error("not_subscribed", $"unsubscribe: this connection is not subscribed to {topic}"));
            return;
        }

        await join.UnsubscribeAsync(connection, subscription);
        connection.LeaveTopic(topic, subscription.Feed.PositionOf(subscription));
        connection.Send(ServerFrame.Unsubscribed(topic));
    }

    private async Task AuthenticateAsync(Connection connection, string token)
    {
        CancellationToken cancellationToken = connection.ClientGone;
        AuthResult result = await authenticator.VerifyAsync(token, cancellationToken);
        if (result.Identity is not { } identity)
        {
            // The old token still holds: a client may try again until that one expires.
            connection.Send(ServerFrame.Error(result.Failure == AuthFailure.Unavailable ? "auth_unavailable" : "auth_invalid", $"auth: {result.Reason}"));
        }
        else if (identity.UserId != connection.UserId)
        {
            connection.Send(ServerFrame.Error("auth_other_user", "auth: the token is for another user"));
        }
        else if (await IsRevokedAsync(identity, cancellationToken))
        {
            connection.Send(ServerFrame.Error("auth_invalid", $"auth: {Revocations.Refusal}"));
        }
        else
        {
            connection.Identity = identity;
            // Once more: one that came since was told to the connection as it was with its old token.
            if (revocations.IsRevoked(identity.UserId, identity.IssuedAt))
                connection.Close(CloseCode.Unauthorized, Revocations.Refusal);
            await EndForbiddenAsync(connection, identity);
        }
    }

    private async ValueTask<bool> IsRevokedAsync(Identity identity, CancellationToken cancellationToken)
    {
        await revocations.AskAsync(identity.UserId, cancellationToken);
        return revocations.IsRevoked(identity.UserId, identity.IssuedAt);
    }

    private async Task EndForbiddenAsync(Connection connection, Identity identity)
    {
        await connection.Joined;
        foreach (Subscription subscription in connection.Subscriptions.ToArray())
        {
            string topic = subscription.Channel.Subject.ToString();
            if (subscription.Channel.Kind == ChannelKind.Topic && !identity.Topics.Allows(topic))
                await UnsubscribeAsync(connection, topic);
        }
    }

    private static int CountTopics(Connection connection)
    {
        int count = 0;
        foreach (Subscription subscription in connection.Subscriptions)
            count += subscription.Channel.Kind == ChannelKind.Topic ? 1 : 0;
        return count;
    }
}
