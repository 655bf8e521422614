namespace PushNode.Storage.Remote;

/// <summary>Who answered last for the store.</summary>
/// <param name="Epoch">The store's epoch.</param>
/// <param name="Run">The incarnation of the node that stores.</param>
internal sealed record StoreContact(string Epoch, string Run);
