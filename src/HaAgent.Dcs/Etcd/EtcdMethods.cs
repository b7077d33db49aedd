using HaAgent.Dcs.Grpc;
using HaAgent.Dcs.Protos;

namespace HaAgent.Dcs.Etcd;

/// <summary>The methods of etcd's API that we call.</summary>
internal static class EtcdMethods
{
    public static readonly GrpcMethod<RangeRequest, RangeResponse> Range =
        new("/etcdserverpb.KV/Range", RangeResponse.Parser);

    public static readonly GrpcMethod<PutRequest, PutResponse> Put =
        new("/etcdserverpb.KV/Put", PutResponse.Parser);

    public static readonly GrpcMethod<DeleteRangeRequest, DeleteRangeResponse> DeleteRange =
        new("/etcdserverpb.KV/DeleteRange", DeleteRangeResponse.Parser);

    public static readonly GrpcMethod<TxnRequest, TxnResponse> Txn =
        new("/etcdserverpb.KV/Txn", TxnResponse.Parser);

    public static readonly GrpcMethod<WatchRequest, WatchResponse> Watch =
        new("/etcdserverpb.Watch/Watch", WatchResponse.Parser);

    public static readonly GrpcMethod<LeaseGrantRequest, LeaseGrantResponse> LeaseGrant =
        new("/etcdserverpb.Lease/LeaseGrant", LeaseGrantResponse.Parser);

    public static readonly GrpcMethod<LeaseKeepAliveRequest, LeaseKeepAliveResponse> LeaseKeepAlive =
        new("/etcdserverpb.Lease/LeaseKeepAlive", LeaseKeepAliveResponse.Parser);

    public static readonly GrpcMethod<MemberListRequest, MemberListResponse> MemberList =
        new("/etcdserverpb.Cluster/MemberList", MemberListResponse.Parser);

    public static readonly GrpcMethod<StatusRequest, StatusResponse> Status =
        new("/etcdserverpb.Maintenance/Status", StatusResponse.Parser);

    public static readonly GrpcMethod<AuthenticateRequest, AuthenticateResponse> Authenticate =
        new("/etcdserverpb.Auth/Authenticate", AuthenticateResponse.Parser);
}
