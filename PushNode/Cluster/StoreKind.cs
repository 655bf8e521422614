namespace PushNode.Cluster;

/// <summary>What a node of a cluster has to do with the store.</summary>
internal enum StoreKind
{
    /// <summary>It asks those that store.</summary>
    Elsewhere,

    /// <summary>Its own journal is the cluster's store: it has to be the only one.</summary>
    Own,

    /// <summary>It uses a database that the others use too.</summary>
    Shared,
}
