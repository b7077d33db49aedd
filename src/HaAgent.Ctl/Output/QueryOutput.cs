using System.Text.Json.Nodes;
using HaAgent.Ctl.Sql;

namespace HaAgent.Ctl.Output;

/// <summary>What <c>query</c> prints: rows, or one row that says why there are none (cli.md 7.3).</summary>
internal sealed class QueryOutput(OutputFormat format, string delimiter)
{
    public string Render(SqlAnswer.Rows answer)
    {
        if (answer.Columns.Length == 0 && format is OutputFormat.Tsv or OutputFormat.Pretty)
        {
            return ""; // no result: not even a line of titles
        }

        return new Listing([.. answer.Columns.Select(title => new Column(title))], answer.Values) { Delimiter = delimiter }.Render(format);
    }

    /// <summary>Without titles, where the format can do without.</summary>
    public string RenderFailure(string at, string message) => format switch
    {
        OutputFormat.Tsv => $"{at}{delimiter}{message}\n",
        OutputFormat.Pretty => new Listing([new("Field 1"), new("Field 2")], [[at, message]]).Render(format),
        _ => new Listing([], [Array.Empty<JsonNode?>()]).Render(format),
    };
}
