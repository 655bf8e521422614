using Microsoft.Extensions.ObjectPool;

namespace PushNode.Auth.Keys;

/// <summary>Makes and keeps copies of one asymmetric key: its instances are not promised to be safe for several threads at a time.</summary>
internal sealed class ImportedKeyPolicy<T>(Func<T> import) : PooledObjectPolicy<T>
    where T : class
{
    public override T Create() => import();

    public override bool Return(T obj) => true;
}
