namespace HaAgent.Testing.Etcd;

/// <summary>A real etcd of one or three members on free ports, for the length of a test.</summary>
public sealed class EtcdServers : IAsyncDisposable
{
    private readonly EtcdGateway _gateway = new();
    private readonly TempFolder? _ownFolder;

    private EtcdServers(IReadOnlyList<EtcdServer> members, TempFolder? ownFolder)
    {
        Members = members;
        _ownFolder = ownFolder;
    }

    public IReadOnlyList<EtcdServer> Members { get; }

    /// <summary>Host and port of every member.</summary>
    public IReadOnlyList<string> Endpoints => [.. Members.Select(member => member.Endpoint)];

    /// <summary>The same, separated by commas: the <c>hosts</c> setting.</summary>
    public string Hosts => string.Join(',', Endpoints);

    /// <summary>Starts the members and waits until they have a leader.</summary>
    public static async Task<EtcdServers> StartAsync(EtcdSetup? setup = null)
    {
        setup ??= new();
        var ownFolder = setup.Folder is null ? TempFolder.Create("etcd") : null;
        var servers = Create(setup, setup.Folder ?? ownFolder!.Path, ownFolder); // one of the two is there
        try
        {
            servers.StartAll();
            await servers.WaitUntilHealthyAsync().ConfigureAwait(false);
            return servers;
        }
        catch
        {
            await servers.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Starts every member that does not run, on its old data.</summary>
    public void StartAll()
    {
        foreach (var member in Members.Where(member => !member.IsRunning))
        {
            member.Start();
        }
    }

    /// <summary>Until every member that runs says that the cluster has a leader.</summary>
    public Task WaitUntilHealthyAsync() =>
        Task.WhenAll(Members.Where(member => member.IsRunning).Select(member => member.WaitUntilHealthyAsync()));

    /// <summary>All members stop at once, as when the store's network is gone; <see cref="StartAll"/> brings them back.</summary>
    public Task KillAllAsync() => Task.WhenAll(Members.Select(member => member.KillAsync()));

    /// <summary>The member that leads the store's own consensus.</summary>
    public async Task<EtcdServer> LeaderAsync()
    {
        foreach (var member in Members.Where(member => member.Answers))
        {
            if (await _gateway.IsLeaderAsync(member).ConfigureAwait(false))
            {
                return member;
            }
        }

        throw new InvalidOperationException("No etcd member leads.");
    }

    /// <summary>The value of a key, read linearizably; null when it does not exist.</summary>
    public async Task<StoredValue?> ReadAsync(string key) =>
        await _gateway.RangeAsync(Answering(), key).ConfigureAwait(false) is [var found] ? found.Value : null;

    /// <summary>Every key that begins with <paramref name="prefix"/>, and its value.</summary>
    public async Task<IReadOnlyDictionary<string, StoredValue>> ReadAllAsync(string prefix)
    {
        var end = prefix[..^1] + (char)(prefix[^1] + 1); // the first string that does not begin so
        return (await _gateway.RangeAsync(Answering(), prefix, end).ConfigureAwait(false)).ToDictionary();
    }

    /// <summary>Writes a key that hangs on no lease, as something that is no agent of ours.</summary>
    public Task WriteAsync(string key, string value) => _gateway.WriteAsync(Answering(), key, value);

    /// <summary>Grows with every change of any key: the same before and after means that nothing was written.</summary>
    public Task<long> RevisionAsync() => _gateway.RevisionAsync(Answering());

    /// <summary>From now on etcd lets in only who has a password. This user may do everything below <c>/service/</c>.</summary>
    public Task RequireLoginAsync(string user, string password) => _gateway.RequireLoginAsync(Answering(), user, password);

    /// <summary>What was given out under the old password is void at once.</summary>
    public Task ChangePasswordAsync(string user, string password) => _gateway.ChangePasswordAsync(Answering(), user, password);

    /// <summary>How long the lease of a value still runs, in whole seconds as the store tells it; negative when it has ended.</summary>
    public Task<TimeSpan> LeaseLeftAsync(StoredValue value) => _gateway.LeaseLeftAsync(Answering(), value.Lease);

    /// <summary>Ends the lease of a value now, as its time would: what hangs on it is gone.</summary>
    public Task EndLeaseAsync(StoredValue value) => _gateway.EndLeaseAsync(Answering(), value.Lease);

    /// <summary>Waits until the lease of a value was renewed: until more of it is left than was before.</summary>
    public async Task WaitForRenewalAsync(StoredValue value, TimeSpan within)
    {
        var least = TimeSpan.MaxValue;
        await Eventually.HoldsAsync(
            $"the lease of '{value.Value}' is renewed",
            within,
            async () =>
            {
                var left = await LeaseLeftAsync(value).ConfigureAwait(false);
                var renewed = left > least;
                least = left < least ? left : least;
                return renewed;
            }).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var member in Members)
        {
            await member.DisposeAsync().ConfigureAwait(false);
        }

        _gateway.Dispose();
        _ownFolder?.Dispose();
    }

    private EtcdServer Answering() =>
        Members.FirstOrDefault(member => member.Answers) ?? throw new InvalidOperationException("No etcd member answers.");

    private static EtcdServers Create(EtcdSetup setup, string folder, TempFolder? ownFolder)
    {
        var names = Enumerable.Range(0, setup.Members).Select(i => $"etcd{i}").ToArray();
        var ports = names.Select((_, i) => new EtcdPorts(Ports.Lease(i == 0 ? setup.FirstPort : null), Ports.Lease(), Ports.Lease())).ToArray();
        var peers = string.Join(',', names.Zip(ports, (name, port) => $"{name}={Url("http", setup.Address, port.Peer)}"));
        return new(
            [.. names.Zip(ports, (name, port) => new EtcdServer(setup, name, TempFolder.CreateIn(folder, name), port, peers))],
            ownFolder);
    }

    internal static string Url(string scheme, string address, int port) =>
        new UriBuilder(scheme, address, port).Uri.GetLeftPart(UriPartial.Authority);
}
