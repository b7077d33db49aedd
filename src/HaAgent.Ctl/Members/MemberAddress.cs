using HaAgent.Core.Settings;
using HaAgent.Core.Snapshot;

namespace HaAgent.Ctl.Members;

/// <summary>Where a member's PostgreSQL listens, from its <c>conn_url</c>.</summary>
/// <param name="Host">IPv6 without brackets.</param>
internal sealed record MemberAddress(string Host, int Port)
{
    private const int DefaultPort = 5432;

    /// <returns>Null when the member published none that can be read.</returns>
    public static MemberAddress? Of(Member member)
    {
        var url = member.ConnUrl ?? "";
        var scheme = url.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0)
        {
            return null;
        }

        var authority = url[(scheme + 3)..].Split('/', '?')[0];
        authority = authority[(authority.LastIndexOf('@') + 1)..];
        return ValueParsers.HostAndPort(authority, DefaultPort) is var (host, port) && host.Length > 0 ? new(host, port) : null;
    }
}
