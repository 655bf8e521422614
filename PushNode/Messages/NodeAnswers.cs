namespace PushNode.Messages;

/// <summary>What the nodes that were asked about a user have answered, together.</summary>
/// <param name="Known">What those say that answered.</param>
/// <param name="Unanswered">The addresses of those that did not, about which nothing is known; <c>redis</c> where it could not be asked which nodes there are. Empty: the answer is whole.</param>
internal readonly record struct NodeAnswers<T>(T Known, IReadOnlyList<string> Unanswered);
