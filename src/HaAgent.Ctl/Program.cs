using System.Runtime.InteropServices;
using HaAgent.Configuration.Local;
using HaAgent.Ctl.Settings;
using HaAgent.Ctl.Sql;

namespace HaAgent.Ctl;

internal static class Program
{
    private const string OwnName = "haagentctl";

    private static async Task<int> Main(string[] args)
    {
        using var interrupts = new Interrupts();
        using var signals = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
        {
            signal.Cancel = true;
            interrupts.Interrupt();
        });
        var terminal = new Terminal(
            Console.In, Console.Out, Console.Error, outputIsTerminal: !Console.IsOutputRedirected,
            Console.IsInputRedirected ? null : Keyboard.ReadSecret);
        var environment = ProcessEnvironment.Capture();
        var sources = new ConfiguredSources(environment, TimeProvider.System);
        var sql = new NpgsqlServers(environment.GetValueOrDefault);
        var host = new CtlHost(CalledBy(), terminal, TimeProvider.System, environment.GetValueOrDefault, sources, sql, interrupts);
        return await CtlProgram.RunAsync(args, host).ConfigureAwait(false);
    }

    /// <summary>The name in the call, which a symbolic link such as <c>patronictl</c> changes.</summary>
    /// <remarks>The runtime's own answer has the link resolved already.</remarks>
    private static string CalledBy()
    {
        try
        {
            var called = OperatingSystem.IsLinux() ? File.ReadAllText("/proc/self/cmdline").Split('\0')[0] : "";
            var name = Path.GetFileName(called);
            return name is "" or "dotnet" ? OwnName : name;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return OwnName;
        }
    }
}
