namespace PushNode.Storage;

/// <summary>The store cannot answer now (HTTP 503); what was asked may be asked again.</summary>
internal sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
