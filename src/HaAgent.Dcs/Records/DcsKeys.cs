using HaAgent.Core.Model;
using HaAgent.Core.Ports;

namespace HaAgent.Dcs.Records;

/// <summary>Every key name of one cluster: <c>/namespace/scope/...</c>.</summary>
public sealed class DcsKeys
{
    internal const string Initialize = "initialize";
    internal const string Config = "config";
    internal const string Leader = "leader";
    internal const string Members = "members/";
    internal const string Failover = "failover";
    internal const string Sync = "sync";
    internal const string History = "history";
    internal const string Status = "status";
    internal const string Failsafe = "failsafe";

    /// <summary>Where leaders before Patroni 2.1 wrote their position; read when <c>status</c> is missing.</summary>
    internal const string LegacyOptime = "optime/leader";

    /// <param name="namespace">With or without slashes around it: <c>service</c> and <c>/service/</c> are the same.</param>
    public DcsKeys(string @namespace, string scope)
    {
        var parts = $"{@namespace}/{scope}".Split('/', StringSplitOptions.RemoveEmptyEntries);
        Prefix = $"/{string.Join('/', parts)}/";
    }

    /// <summary>What all keys of the cluster begin with; it ends with a slash.</summary>
    public string Prefix { get; }

    public string LeaderPath => Prefix + Leader;

    public string MemberPath(NodeName name) => Prefix + Member(name);

    public string PathOf(DcsRecord record) => Prefix + NameOf(record);

    internal static string Member(NodeName name) => Members + name.Value;

    internal static string NameOf(DcsRecord record) => record switch
    {
        DcsRecord.Initialize => Initialize,
        DcsRecord.Config => Config,
        DcsRecord.Failover => Failover,
        DcsRecord.Sync => Sync,
        DcsRecord.History => History,
        DcsRecord.Status => Status,
        DcsRecord.Failsafe => Failsafe,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>The member a key belongs to: <c>members/x</c> and nothing deeper.</summary>
    internal static bool TryMember(string name, out NodeName member)
    {
        member = NodeName.Nobody;
        if (!name.StartsWith(Members, StringComparison.Ordinal) || name.Length == Members.Length
            || name.IndexOf('/', Members.Length) >= 0)
        {
            return false;
        }

        member = new(name[Members.Length..]);
        return true;
    }

    /// <summary>What a change of a key means to those who wait.</summary>
    internal static DcsChange ChangeOf(string name) => name switch
    {
        Leader => DcsChange.Leader,
        Failover => DcsChange.Failover,
        Config => DcsChange.Config,
        Status or LegacyOptime => DcsChange.Status,
        _ => TryMember(name, out _) ? DcsChange.Members : DcsChange.Other,
    };
}
