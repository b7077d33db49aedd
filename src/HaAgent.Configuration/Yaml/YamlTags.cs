using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace HaAgent.Configuration.Yaml;

/// <summary>
/// Explicit tags: those of the safe schema; any other is refused, as it asks for a type that is not ours to build.
/// </summary>
internal static class YamlTags
{
    private const string Prefix = "tag:yaml.org,2002:";

    /// <summary>The type of a scalar that is quoted or tagged.</summary>
    public static YamlScalarKind KindOf(Scalar scalar)
    {
        if (scalar.Tag.IsEmpty || scalar.Tag.IsNonSpecific)
        {
            // A lone "!" asks for the usual reading, quoted or not.
            return scalar.Tag.IsEmpty ? YamlScalarKind.Text : YamlScalars.KindOf(scalar.Value);
        }

        return Name(scalar) switch
        {
            Prefix + "str" or Prefix + "binary" => YamlScalarKind.Text,
            Prefix + "null" => YamlScalarKind.Null,
            Prefix + "bool" => YamlScalarKind.Bool,
            Prefix + "int" => YamlScalarKind.Integer,
            Prefix + "float" => YamlScalarKind.Real,
            Prefix + "timestamp" => YamlScalarKind.Timestamp,
            Prefix + "merge" => YamlScalarKind.Merge,
            _ => throw Unknown(scalar),
        };
    }

    public static void RequireKnown(NodeEvent collection, params ReadOnlySpan<string> known)
    {
        if (!collection.Tag.IsEmpty && !collection.Tag.IsNonSpecific && !known.Contains(Name(collection)))
        {
            throw Unknown(collection);
        }
    }

    private static string Name(NodeEvent node) =>
        node.Tag.Value.StartsWith("!!", StringComparison.Ordinal) ? Prefix + node.Tag.Value[2..] : node.Tag.Value;

    private static SemanticErrorException Unknown(NodeEvent node) =>
        new(node.Start, node.End, $"could not determine a constructor for the tag '{node.Tag.Value}'.");
}
