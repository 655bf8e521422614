using PushNode.Peers;

namespace PushNode.Storage.Remote;

/// <summary>Reads what follows the epoch and the run in an answer of the store.</summary>
/// <exception cref="MalformedPeerBodyException">It is not what was asked for.</exception>
internal delegate T AnswerReader<out T>(ref PeerReader answer);
