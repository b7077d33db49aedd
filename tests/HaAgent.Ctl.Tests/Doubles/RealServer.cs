using System.Globalization;
using HaAgent.Testing;
using HaAgent.Testing.Postgres;
using HaAgent.Testing.Processes;

namespace HaAgent.Ctl.Tests.Doubles;

/// <summary>A PostgreSQL server of its own for a class of tests; it wants the password of <c>postgres</c>.</summary>
public sealed class RealServer : IAsyncLifetime
{
    public const string Password = "secret";
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(90);

    private readonly TempFolder _folder = TempFolder.Create("ctl");
    private ChildProcess? _postgres;

    public int Port { get; } = Ports.Lease();

    public async ValueTask InitializeAsync()
    {
        var passwordFile = _folder.File("password");
        await File.WriteAllTextAsync(passwordFile, Password);
        var initdb = await Command.RunAsync(
            Program("initdb"),
            [
                "--pgdata", _folder.File("data"), "--username", "postgres", "--auth-local", "trust", "--auth-host", "scram-sha-256",
                "--pwfile", passwordFile, "--no-sync", "--encoding", "UTF8", "--locale", "C",
            ],
            Soon, unprivileged: true);
        initdb.OrThrow();
        var port = Port.ToString(CultureInfo.InvariantCulture);
        _postgres = ChildProcess.Start(new(
            Program("postgres"),
            ["-D", _folder.File("data"), "-p", port, "-k", _folder.Path, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "shared_buffers=16MB"])
        {
            LogFile = _folder.File("log"),
        });
        await Eventually.HoldsAsync("PostgreSQL takes connections", Soon, IsReadyAsync);
    }

    public async ValueTask DisposeAsync()
    {
        if (_postgres is not null)
        {
            await _postgres.DisposeAsync();
        }

        _folder.Dispose();
        Ports.Release(Port);
    }

    private async Task<bool> IsReadyAsync() =>
        (await Command.RunAsync(Program("pg_isready"), ["-h", "127.0.0.1", "-p", Port.ToString(CultureInfo.InvariantCulture)], Soon)).ExitCode == 0;

    private static string Program(string name) => Path.Combine(PostgresInstallation.BinDirectory, name);
}
