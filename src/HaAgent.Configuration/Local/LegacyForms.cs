using System.Text.Json.Nodes;
using HaAgent.Core.Settings;

namespace HaAgent.Configuration.Local;

/// <summary>Old spellings that configurations still use, rewritten into today's form.</summary>
internal static class LegacyForms
{
    // Scalars, and maps in which empty means something else than absent.
    private static readonly string[] NotSections =
        ["name", "scope", "namespace", "thread_pool_size", "thread_stack_size", "ttl", "loop_wait", "retry_timeout"];

    /// <summary>Old user sections and the user of today that each becomes; later ones win.</summary>
    private static readonly (string Old, string User)[] UserSections =
        [("replication", "replication"), ("superuser", "superuser"), ("pg_rewind", "superuser")];

    public static void Apply(JsonObject root)
    {
        foreach (var (key, value) in root.ToArray())
        {
            if (!NotSections.Contains(key) && !Truthy.Is(value))
            {
                root[key] = new JsonObject();
            }
        }

        if (root["zookeeper"] is JsonObject zookeeper && zookeeper["exhibitor"] is JsonObject exhibitor
            && !root.ContainsKey("exhibitor"))
        {
            zookeeper.Remove("exhibitor");
            MergePatch.Apply(exhibitor, zookeeper);
            root["exhibitor"] = exhibitor;
            root.Remove("zookeeper");
        }

        if (root["postgresql"] is JsonObject postgresql)
        {
            Postgresql(root, postgresql);
        }
    }

    private static void Postgresql(JsonObject root, JsonObject postgresql)
    {
        if (!root.ContainsKey("name") && postgresql["name"] is { } name)
        {
            root["name"] = name.DeepClone();
        }

        if (!postgresql.ContainsKey("authentication"))
        {
            Authentication(postgresql);
        }

        if (postgresql["authentication"] is JsonObject authentication)
        {
            Credentials.Filter(authentication);
        }
    }

    /// <summary>Users as sections of their own; a <c>pg_rewind</c> user is also the superuser.</summary>
    private static void Authentication(JsonObject postgresql)
    {
        var authentication = new JsonObject();
        foreach (var (old, user) in UserSections)
        {
            if (postgresql[old] is JsonObject credentials)
            {
                authentication[user] = credentials.DeepClone();
            }
        }

        if (authentication.Count == 0)
        {
            return;
        }

        // Only this oldest form couples the users with the use of pg_rewind.
        if (postgresql.ContainsKey("pg_rewind"))
        {
            postgresql["use_pg_rewind"] = true;
        }

        foreach (var (old, _) in UserSections)
        {
            postgresql.Remove(old);
        }

        postgresql["authentication"] = authentication;
    }
}
