using System.Text.Json.Nodes;
using HaAgent.Configuration.Yaml;
using HaAgent.Core.Contracts.Records;
using HaAgent.Core.Settings;

namespace HaAgent.Ctl.Output;

/// <param name="Title">Also the key in machine formats.</param>
internal sealed record Column(string Title, bool AlignRight = false);

/// <summary>Rows under titled columns, in any format. A cell is a JSON value; null prints as <c>None</c>.</summary>
internal sealed record Listing(Column[] Columns, IReadOnlyList<JsonNode?[]> Rows)
{
    /// <summary>Written over the top rule of a table; empty: none.</summary>
    public string Title { get; init; } = "";

    /// <summary>Machine formats leave out keys whose value is the empty string.</summary>
    public bool OmitEmpty { get; init; }

    /// <summary>Stands between the columns of tsv.</summary>
    public string Delimiter { get; init; } = "\t";

    public string Render(OutputFormat format) => format switch
    {
        OutputFormat.Pretty or OutputFormat.Topology => TableText.Render(Columns, [.. Rows.Select(Texts)], Title),
        OutputFormat.Tsv => string.Concat(
            Rows.Select(Texts).Prepend([.. Columns.Select(column => column.Title)]).Select(row => string.Join(Delimiter, row) + "\n")),
        OutputFormat.Json => JsonText.Spaced(Objects()) + "\n",
        OutputFormat.Yaml => Yaml11Writer.Block(Objects()) + "\n",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static string[] Texts(JsonNode?[] row) => [.. row.Select(Text)];

    private static string Text(JsonNode? cell) => cell switch
    {
        null => "None",
        JsonObject or JsonArray => JsonText.Spaced(cell),
        _ => cell.GetValueKind() switch
        {
            System.Text.Json.JsonValueKind.True => "True",
            System.Text.Json.JsonValueKind.False => "False",
            System.Text.Json.JsonValueKind.Null => "None",
            _ => ValueParsers.Text(cell) ?? "None",
        },
    };

    private JsonArray Objects()
    {
        var all = new JsonArray();
        foreach (var row in Rows)
        {
            var one = new JsonObject();
            foreach (var (column, cell) in Columns.Zip(row))
            {
                if (!OmitEmpty || Text(cell).Length > 0)
                {
                    one[column.Title] = cell?.DeepClone();
                }
            }

            all.Add((JsonNode)one);
        }

        return all;
    }
}
