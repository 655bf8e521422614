namespace PushNode.Commands;

/// <summary>What the process returns; every <c>--help</c> says so.</summary>
internal static class ExitCodes
{
    public const int Success = 0;

    /// <summary>It was asked rightly and did not work: refused, unreachable, address in use.</summary>
    public const int Failure = 1;

    /// <summary>It was asked wrongly: an option, a setting, a file of settings.</summary>
    public const int Usage = 2;
}
