namespace HaAgent.Dcs.Protos;

/// <summary>An answer of etcd: every one says which member of which cluster gave it, and in which raft term.</summary>
internal interface IEtcdAnswer
{
    ResponseHeader? Header { get; }
}

internal sealed partial class RangeResponse : IEtcdAnswer;

internal sealed partial class PutResponse : IEtcdAnswer;

internal sealed partial class DeleteRangeResponse : IEtcdAnswer;

internal sealed partial class TxnResponse : IEtcdAnswer;

internal sealed partial class LeaseGrantResponse : IEtcdAnswer;

internal sealed partial class LeaseKeepAliveResponse : IEtcdAnswer;

internal sealed partial class MemberListResponse : IEtcdAnswer;

internal sealed partial class StatusResponse : IEtcdAnswer;

internal sealed partial class AuthenticateResponse : IEtcdAnswer;
