using System.Text.Json.Nodes;
using HaAgent.Core.Model;

namespace HaAgent.Core.Contracts.Records;

/// <summary>The value of <c>failsafe</c>: whom a leader without a store must ask.</summary>
public static class FailsafeRecordWriter
{
    /// <param name="apiUrls">Member name to API URL, in the order to be written; the own name included.</param>
    public static string Write(IEnumerable<KeyValuePair<NodeName, string>> apiUrls)
    {
        var record = new JsonObject();
        foreach (var (name, url) in apiUrls)
        {
            record[name.Value] = url;
        }

        return JsonText.Compact(record);
    }
}
