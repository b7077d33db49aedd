using System.Text.Json;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Dcs.Records;

/// <summary>Tags as members publish them and as their REST API shows them.</summary>
public static class TagsReader
{
    /// <param name="tags">A JSON object.</param>
    public static Tags Read(JsonElement tags)
    {
        var noFailover = tags.Bool("nofailover");
        var failoverPriority = tags.Integer("failover_priority", otherwise: 1);
        var noSync = tags.Bool("nosync");
        var syncPriority = tags.Integer("sync_priority", otherwise: 1);
        return new()
        {
            // The boolean rules; the priority speaks only when that is absent.
            NoFailover = noFailover ?? failoverPriority <= 0,
            FailoverPriority = noFailover == true ? 0 : failoverPriority,
            CloneFrom = tags.Bool("clonefrom") ?? false,
            NoLoadBalance = tags.Bool("noloadbalance") ?? false,
            NoSync = noSync ?? syncPriority <= 0,
            SyncPriority = noSync == true ? 0 : syncPriority,
            ReplicateFrom = new(tags.Text("replicatefrom") ?? ""),
            NoStream = tags.Bool("nostream") ?? false,
            Json = tags.GetRawText(),
        };
    }
}
