using System.Security.Cryptography;

namespace PushNode.Collect;

/// <summary>Ids for messages whose producer gave none: random for this run of the node, then counted. Unique, 18 characters, no random numbers per message.</summary>
internal sealed class MessageIds
{
    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const int PrefixLength = 10;
    private const int CounterLength = 8;

    private readonly string prefix = RandomNumberGenerator.GetString(Alphabet, PrefixLength);
    private long counter;

    public string Next() => string.Create(PrefixLength + CounterLength, (prefix, number: (ulong)Interlocked.Increment(ref counter)), static (text, state) =>
    {
        state.prefix.CopyTo(text);
        ulong rest = state.number;
        for (int i = text.Length - 1; i >= PrefixLength; i--)
            (rest, text[i]) = (rest / (ulong)Alphabet.Length, Alphabet[(int)(rest % (ulong)Alphabet.Length)]);
    });
}
