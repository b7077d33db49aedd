using HaAgent.Core.Model;

namespace HaAgent.Dcs.Etcd;

/// <summary>One try on one endpoint. All requests of the try share its deadline.</summary>
internal readonly record struct EtcdAttempt(EtcdEndpoint Endpoint, Instant Deadline);

/// <summary>How hard an operation is tried.</summary>
internal enum EtcdEffort
{
    /// <summary>One endpoint, one try; a failing endpoint is left for the next operation.</summary>
    Once,

    /// <summary>Endpoint after endpoint, round after round, until the time is up.</summary>
    UntilDeadline,
}
