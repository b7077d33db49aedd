namespace HaAgent.Dcs.Records;

/// <summary>One key as the store holds it.</summary>
/// <param name="Name">Without the cluster's prefix, e.g. <c>members/n0</c>.</param>
/// <param name="CreateRevision">Changes only when the key was deleted and created again.</param>
/// <param name="Lease">0 for none.</param>
internal sealed record StoredKey(string Name, string Value, long ModRevision, long CreateRevision, long Lease);
