using System.Text;
using Google.Protobuf;
using HaAgent.Dcs.Protos;
using HaAgent.Dcs.Records;

namespace HaAgent.Dcs.Etcd;

/// <summary>Every compare-and-set we do, and every other write and read, as etcd's requests.</summary>
/// <remarks>
/// A transaction also reads the key it is about, whichever way the compare went: an answer then tells who holds it, since
/// which revision, on which lease, without a second request.
/// </remarks>
internal static class EtcdTransactions
{
    public static RangeRequest Read(string path) => new() { Key = Bytes(path) };

    public static RangeRequest ReadPrefix(string prefix) => new() { Key = Bytes(prefix), RangeEnd = EndOf(prefix) };

    public static WatchRequest Watch(string prefix, long fromRevision) => new()
    {
        CreateRequest = new()
        {
            Key = Bytes(prefix),
            RangeEnd = EndOf(prefix),
            StartRevision = fromRevision,
            Fragment = true,
        },
    };

    public static DeleteRangeRequest DeletePrefix(string prefix) => new() { Key = Bytes(prefix), RangeEnd = EndOf(prefix) };

    /// <summary>Creates a key that must not exist: the leader key in a race, <c>initialize</c> in a bootstrap.</summary>
    public static TxnRequest Create(string path, string value, long lease) =>
        When([IsAbsent(path)], [Put(path, value, lease), ReadOp(path)], [ReadOp(path)]);

    /// <summary>
    /// Takes the leader key if nobody holds it and no leader has been there since it was decided to: a leader writes its status, and a
    /// request may arrive long after the moment for which it was meant.
    /// </summary>
    /// <param name="statusRevision">Of the last leader's word as it was known to who decided; 0: there was none.</param>
    public static TxnRequest Acquire(string path, string value, long lease, string statusPath, long statusRevision) =>
        When([IsAbsent(path), HasVersion(statusPath, statusRevision)], [Put(path, value, lease), ReadOp(path)], [ReadOp(path)]);

    /// <summary>Creates <c>initialize</c> as an empty claim, and writes the own member key again with it, unchanged.</summary>
    /// <remarks>
    /// An empty value does not tell who wrote it. Two keys of one revision do: only the claimant writes its member key.
    /// </remarks>
    public static TxnRequest Claim(string path, string memberPath, StoredKey member) =>
        When([IsAbsent(path)], [Put(path, "", lease: 0), Put(memberPath, member.Value, member.Lease), ReadOp(path)], [ReadOp(path)]);

    /// <summary>Writes whatever is there.</summary>
    public static TxnRequest Set(string path, string value, long lease) =>
        When([], [Put(path, value, lease), ReadOp(path)], []);

    /// <summary>Writes if the key has this version; 0: if it is absent.</summary>
    public static TxnRequest SetAt(string path, string value, long modRevision) =>
        When([HasVersion(path, modRevision)], [Put(path, value, lease: 0), ReadOp(path)], [ReadOp(path)]);

    /// <summary>Hangs the leader key on another lease if it still holds this name.</summary>
    /// <param name="createRevision">If known: only if the key was never deleted since.</param>
    /// <param name="mayCreate">If nobody holds it any more, take it again, in the same transaction.</param>
    public static TxnRequest Move(string path, string name, long lease, long? createRevision, bool mayCreate)
    {
        var isOurs = createRevision is { } revision ? new[] { HoldsValue(path, name), WasCreatedAt(path, revision) } : [HoldsValue(path, name)];
        var otherwise = mayCreate ? new RequestOp { RequestTxn = Create(path, name, lease) } : ReadOp(path);
        return When(isOurs, [Put(path, name, lease), ReadOp(path)], [otherwise]);
    }

    /// <summary>Deletes if the key still holds this value, on this lease.</summary>
    public static TxnRequest DeleteIfHolds(string path, string value, long lease) =>
        When([HoldsValue(path, value), HangsOn(path, lease)], [DeleteOp(path)], [ReadOp(path)]);

    public static TxnRequest Delete(string path) => When([], [DeleteOp(path)], []);

    /// <summary>Deletes if the key has this version.</summary>
    public static TxnRequest DeleteAt(string path, long modRevision) =>
        When([HasVersion(path, modRevision)], [DeleteOp(path)], [ReadOp(path)]);

    /// <summary>Did a put or delete happen, in the transaction or in the one nested in it?</summary>
    public static bool TookEffect(TxnResponse response) =>
        response.Succeeded || (Nested(response)?.Succeeded ?? false);

    /// <summary>The key as the transaction left it; null when it is absent.</summary>
    public static KeyValue? KeyAfter(TxnResponse response)
    {
        var answers = (Nested(response) ?? response).Responses;
        return answers.LastOrDefault(answer => answer.ResponseRange is not null)?.ResponseRange.Kvs.FirstOrDefault();
    }

    public static StoredKey Stored(KeyValue key, string prefix) => new(
        key.Key.ToStringUtf8()[prefix.Length..], key.Value.ToStringUtf8(), key.ModRevision, key.CreateRevision, key.Lease);

    private static TxnResponse? Nested(TxnResponse response) =>
        response.Responses.FirstOrDefault(answer => answer.ResponseTxn is not null)?.ResponseTxn;

    private static TxnRequest When(Compare[] compare, RequestOp[] success, RequestOp[] failure) =>
        new() { Compare = { compare }, Success = { success }, Failure = { failure } };

    private static Compare IsAbsent(string path) => WasCreatedAt(path, 0);

    private static Compare WasCreatedAt(string path, long revision) => new()
    {
        Key = Bytes(path),
        Target = Compare.Types.CompareTarget.Create,
        Result = Compare.Types.CompareResult.Equal,
        CreateRevision = revision,
    };

    private static Compare HasVersion(string path, long revision) => new()
    {
        Key = Bytes(path),
        Target = Compare.Types.CompareTarget.Mod,
        Result = Compare.Types.CompareResult.Equal,
        ModRevision = revision,
    };

    private static Compare HangsOn(string path, long lease) => new()
    {
        Key = Bytes(path),
        Target = Compare.Types.CompareTarget.Lease,
        Result = Compare.Types.CompareResult.Equal,
        Lease = lease,
    };

    private static Compare HoldsValue(string path, string value) => new()
    {
        Key = Bytes(path),
        Target = Compare.Types.CompareTarget.Value,
        Result = Compare.Types.CompareResult.Equal,
        Value = Bytes(value),
    };

    private static RequestOp Put(string path, string value, long lease) =>
        new() { RequestPut = new() { Key = Bytes(path), Value = Bytes(value), Lease = lease } };

    private static RequestOp DeleteOp(string path) => new() { RequestDeleteRange = new() { Key = Bytes(path) } };

    private static RequestOp ReadOp(string path) => new() { RequestRange = Read(path) };

    private static ByteString Bytes(string text) => ByteString.CopyFromUtf8(text);

    /// <summary>The first key after all that begin with the prefix. A prefix ends with a slash, so its last byte can grow.</summary>
    private static ByteString EndOf(string prefix)
    {
        var bytes = Encoding.UTF8.GetBytes(prefix);
        bytes[^1]++;
        return ByteString.CopyFrom(bytes);
    }
}
