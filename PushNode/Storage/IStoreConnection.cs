namespace PushNode.Storage;

/// <summary>The way to a store that is not on this node.</summary>
internal interface IStoreConnection
{
    /// <summary>Opens it, before anything is served. Call it once, first.</summary>
    /// <exception cref="Settings.SettingsException">The settings need a change before this can work.</exception>
    Task OpenAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Keeps up with the store until it is cancelled.</summary>
    Task RunAsync(CancellationToken cancellationToken);

    /// <summary>Closes it, when nothing is asked any more.</summary>
    ValueTask CloseAsync() => ValueTask.CompletedTask;
}
