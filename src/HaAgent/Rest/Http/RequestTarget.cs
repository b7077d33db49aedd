using System.Collections.Immutable;
using System.Net;

namespace HaAgent.Rest.Http;

/// <summary>The target of a request, taken apart as load balancers' configurations rely on.</summary>
/// <remarks>
/// Scheme and host of an absolute form, <c>?query</c>, <c>#fragment</c> and the <c>;params</c> of the last segment
/// are cut off; several leading slashes count as one; the path is neither decoded nor normalised.
/// </remarks>
internal sealed class RequestTarget
{
    private RequestTarget(string path, string firstSegment, ImmutableDictionary<string, string> query)
    {
        Path = path;
        FirstSegment = firstSegment;
        Query = query;
    }

    public string Path { get; }

    /// <summary>What selects a handler; the segments after it are ignored.</summary>
    public string FirstSegment { get; }

    /// <summary>Decoded parameters: the first value of each, without those whose value is empty.</summary>
    public ImmutableDictionary<string, string> Query { get; }

    public string? Parameter(string name) => Query.GetValueOrDefault(name);

    public static RequestTarget Parse(string raw)
    {
        var rest = WithoutAuthority(CollapseLeadingSlashes(raw));
        var fragment = rest.IndexOf('#', StringComparison.Ordinal);
        if (fragment >= 0)
        {
            rest = rest[..fragment];
        }

        var mark = rest.IndexOf('?', StringComparison.Ordinal);
        var query = mark >= 0 ? rest[(mark + 1)..] : "";
        var path = mark >= 0 ? rest[..mark] : rest;
        var parameters = path.IndexOf(';', path.LastIndexOf('/') + 1);
        if (parameters >= 0)
        {
            path = path[..parameters];
        }

        path = CollapseLeadingSlashes(path);
        var name = path.TrimStart('/');
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        return new(path, slash >= 0 ? name[..slash] : name, ParseQuery(query));
    }

    private static string CollapseLeadingSlashes(string text)
    {
        var slashes = 0;
        while (slashes < text.Length && text[slashes] == '/')
        {
            slashes++;
        }

        return slashes > 1 ? text[(slashes - 1)..] : text;
    }

    private static string WithoutAuthority(string text)
    {
        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 1 || text.AsSpan(0, scheme).IndexOfAnyExcept(SchemeLetters) >= 0)
        {
            return text;
        }

        var path = text.AsSpan(scheme + 3).IndexOfAny("/?#");
        return path < 0 ? "" : text[(scheme + 3 + path)..];
    }

    private static readonly System.Buffers.SearchValues<char> SchemeLetters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

    private static ImmutableDictionary<string, string> ParseQuery(string query)
    {
        if (query.Length == 0)
        {
            return ImmutableDictionary<string, string>.Empty;
        }

        var parameters = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var pair in query.Split('&'))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0 || equals == pair.Length - 1)
            {
                continue;
            }

            parameters.TryAdd(WebUtility.UrlDecode(pair[..equals]), WebUtility.UrlDecode(pair[(equals + 1)..]));
        }

        return parameters.ToImmutable();
    }
}
