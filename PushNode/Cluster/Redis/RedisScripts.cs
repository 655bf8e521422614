using StackExchange.Redis;

namespace PushNode.Cluster.Redis;

/// <summary>What has to be done in one step.</summary>
internal static class RedisScripts
{
    /// <summary>
    /// KEYS: heads. ARGV: lifetime in ms, epoch, then a seq for each key. Raises each; one of another epoch is replaced, since its seqs do not compare.
    /// Returns how many keys hold something else.
    /// </summary>
    public const string RaiseHeads = """
        local refused = 0
        for i = 1, #KEYS do
          local head = redis.pcall('GET', KEYS[i])
          if type(head) == 'table' then
            refused = refused + 1
          else
            local epoch, seq = string.match(head or '', '^(.*):(%d+)$')
            if epoch ~= ARGV[2] or tonumber(seq) < tonumber(ARGV[i + 2]) then
              redis.call('SET', KEYS[i], ARGV[2] .. ':' .. ARGV[i + 2], 'PX', ARGV[1])
            end
          end
        end
        return refused
        """;

    /// <summary>KEYS: a number. ARGV: lifetime in ms, a number. Raises it.</summary>
    public const string Raise = """
        local known = tonumber(redis.call('GET', KEYS[1]) or '')
        if not known or known < tonumber(ARGV[2]) then
          redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[1])
        end
        return 0
        """;

    /// <summary>
    /// KEYS: the claim. ARGV: lifetime in ms, the address that claims, the claim, an address that it goes over. Returns whether the claim is made: unless one of
    /// another address is there.
    /// </summary>
    public const string Claim = """
        local there = redis.pcall('GET', KEYS[1])
        if type(there) == 'string' then
          local ok, claim = pcall(cjson.decode, there)
          if ok and type(claim) == 'table' and type(claim.address) == 'string' and claim.address ~= ARGV[2] and claim.address ~= ARGV[4] then
            return 0
          end
        end
        redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[1])
        return 1
        """;

    /// <summary>KEYS: the claim. ARGV: an address. Removes the claim if it is that address's.</summary>
    public const string Unclaim = """
        local there = redis.call('GET', KEYS[1])
        if there then
          local ok, claim = pcall(cjson.decode, there)
          if ok and type(claim) == 'table' and claim.address == ARGV[1] then
            return redis.call('DEL', KEYS[1])
          end
        end
        return 0
        """;

    /// <summary>Runs one, also where Redis has forgotten it since it was sent there.</summary>
    public static async Task<RedisResult> RunAsync(IDatabase database, string script, RedisKey[] keys, RedisValue[] arguments)
    {
        try
        {
            return await database.ScriptEvaluateAsync(script, keys, arguments, CommandFlags.DemandMaster);
        }
        catch (RedisServerException e) when (e.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            return await database.ScriptEvaluateAsync(script, keys, arguments, CommandFlags.DemandMaster | CommandFlags.NoScriptCache);
        }
    }
}
