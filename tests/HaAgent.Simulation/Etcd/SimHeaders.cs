using Google.Protobuf;
using HaAgent.Dcs.Protos;

namespace HaAgent.Simulation.Etcd;

internal static class SimHeaders
{
    /// <summary>Who answers, in which term, as of which revision.</summary>
    public static void Put(IMessage answer, ResponseHeader header)
    {
        switch (answer)
        {
            case RangeResponse range:
                range.Header = header;
                break;
            case TxnResponse transaction:
                transaction.Header = header;
                break;
            case PutResponse put:
                put.Header = header;
                break;
            case DeleteRangeResponse delete:
                delete.Header = header;
                break;
            case LeaseGrantResponse grant:
                grant.Header = header;
                break;
            case LeaseKeepAliveResponse renewal:
                renewal.Header = header;
                break;
            case MemberListResponse list:
                list.Header = header;
                break;
            case StatusResponse status:
                status.Header = header;
                break;
            case AuthenticateResponse login:
                login.Header = header;
                break;
            default:
                throw new NotSupportedException(answer.Descriptor.Name);
        }
    }
}
