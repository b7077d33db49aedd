namespace HaAgent.Testing.Etcd;

/// <summary>What kind of etcd a test wants.</summary>
public sealed record EtcdSetup
{
    /// <summary>One or three.</summary>
    public int Members { get; init; } = 1;

    /// <summary>An address of this machine; <c>::1</c> for IPv6.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>Null: etcd's default of 2 GB.</summary>
    public long? QuotaBytes { get; init; }

    /// <summary>Clients must use TLS and show a certificate of this authority; null: plain.</summary>
    public TestCertificates? Certificates { get; init; }

    /// <summary>Elections are over in about this time; the shortest TTL is about one and a half times as long.</summary>
    public TimeSpan ElectionTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Where data and output go; null: a temporary folder that is deleted in the end.</summary>
    public string? Folder { get; init; }

    /// <summary>The first member's port for clients, taken when it is free; null: any.</summary>
    public int? FirstPort { get; init; }
}
