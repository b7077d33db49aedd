using HaAgent.Configuration.Local;
using HaAgent.Configuration.Options;
using HaAgent.Configuration.Rules;
using HaAgent.Core.Contracts;
using HaAgent.Core.Settings;
using HaAgent.Guard;
using HaAgent.Logging;
using HaAgent.Postgres;
using HaAgent.Runtime;

namespace HaAgent;

internal static class Program
{
    private const int ExitConfiguration = 1;
    private const int ExitUsage = 2;
    private const int ExitLogFull = 5;

    private static readonly TimeSpan LogPatience = TimeSpan.FromSeconds(2);

    private static async Task<int> Main(string[] words)
    {
        if (words is ["guard", var wordFile])
        {
            return GuardCommand.Run(wordFile);
        }

        if (CommandLine.Parse(words, out var error) is not { } line)
        {
            await Console.Error.WriteLineAsync(CommandLine.Usage + "\nhaagent: error: " + error);
            return ExitUsage;
        }

        switch (line.Action)
        {
            case CommandLine.Mode.Version:
                Console.WriteLine($"haagent {ProductVersion.Own}");
                return 0;
            case CommandLine.Mode.Help:
                Console.WriteLine(CommandLine.Usage);
                return 0;
        }

        try
        {
            return line.Action == CommandLine.Mode.Validate ? await ValidateAsync(line) : await RunAsync(line);
        }
        catch (ConfigurationException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return ExitConfiguration;
        }
    }

    private static async Task<int> ValidateAsync(CommandLine line)
    {
        var environment = ProcessEnvironment.Capture();
        var local = LocalConfiguration.Load(line.ConfigPath, environment);
        var problems = await ConfigurationValidator.ValidateAsync(
            local, environment.GetValueOrDefault("PATH") ?? "", line.IgnoreListenPort, CancellationToken.None);
        foreach (var problem in problems)
        {
            await Console.Error.WriteLineAsync(problem);
        }

        if (problems.Length == 0 && line.Print)
        {
            Console.Write(ConfigurationValidator.Print(local));
        }

        return problems.Length == 0 ? 0 : ExitConfiguration;
    }

    private static async Task<int> RunAsync(CommandLine line)
    {
        var environment = ProcessEnvironment.Capture();
        var local = LocalConfiguration.Load(line.ConfigPath, environment);
        var notices = await StartupCheck.RunAsync(local, CancellationToken.None);
        var options = AgentOptions.Load(local, environment);
        var problems = await PostgresPreflight.CheckAsync(
            options.Postgres, options.Bootstrap.Dcs, BoottimeTimeProvider.Instance, CancellationToken.None);
        if (problems is [{ } first, ..])
        {
            throw first;
        }

        foreach (var variable in local.RecognisedVariables)
        {
            // Secrets among them: no child process is to inherit what only the agent needs.
            Environment.SetEnvironmentVariable(variable, null);
        }

        using var log = new AgentLog(options.Log, BoottimeTimeProvider.Instance);
        foreach (var notice in notices)
        {
            HostLog.Notice(log.CreateLogger("HaAgent.Configuration"), notice);
        }

        int code;
        await using (var host = await AgentHost.OpenAsync(options, log))
        {
            code = await host.RunAsync();
        }

        return log.Close(LogPatience) || code != 0 ? code : ExitLogFull;
    }
}
