using System.Text.Json.Nodes;
using HaAgent.Configuration.Yaml;
using HaAgent.Core.Contracts.Records;
using HaAgent.Core.Ports;
using HaAgent.Core.Settings;
using HaAgent.Ctl.CommandLine;
using HaAgent.Ctl.Editing;

namespace HaAgent.Ctl.Commands;

/// <summary><c>edit-config</c>: changes the dynamic configuration, shown as a diff first (cli.md 7.6).</summary>
internal sealed class EditConfigCommand : CtlCommand
{
    private static readonly OptionSpec Quiet = new(["--quiet", "-q"], OptionKind.Flag, "Do not show changes.");

    private static readonly OptionSpec Set = new(
        ["--set", "-s"], OptionKind.Text, "Set a.b.c=value. Can be given several times.", "NAME=VALUE");

    private static readonly OptionSpec Parameter = new(
        ["--pg", "-p"], OptionKind.Text, "Set a PostgreSQL parameter, name=value. Short for -s postgresql.parameters.name=value.",
        "NAME=VALUE");

    private static readonly OptionSpec ApplyFile = new(
        ["--apply"], OptionKind.Text, "Lay a YAML file over the configuration; - is stdin.", "FILE");

    private static readonly OptionSpec ReplaceFile = new(
        ["--replace"], OptionKind.Text, "Take a YAML file for the configuration; - is stdin.", "FILE");

    public override CommandSpec Spec { get; } = new("edit-config", "Edit the dynamic configuration.",
        [CommonOptions.OptionalCluster],
        [CommonOptions.Group, Quiet, Set, Parameter, ApplyFile, ReplaceFile, CommonOptions.Force, CommonOptions.Help])
    {
        Topic = CommandTopic.Settings,
        Details =
        [
            "Without -s, -p, --apply and --replace it opens an editor. The change is shown and asked about, and "
                + "written only if nobody else has changed the configuration meanwhile. Members take it within "
                + "loop_wait.",
        ],
        Examples =
        [
            new("edit-config batman", "In $EDITOR."),
            new("edit-config batman -p max_connections=200 -s ttl=20", "Without an editor. A value of null takes a setting away."),
        ],
    };

    public override async Task RunAsync(ParsedArguments args, CtlContext ctl, CancellationToken stop)
    {
        var name = ctl.ClusterOrScope(args.One(CommonOptions.OptionalCluster));
        await using var store = ctl.Open(name);
        var cluster = await store.ReadAsync(stop).ConfigureAwait(false);
        var stored = cluster.Config ?? throw new CtlException($"The config key does not exist in the cluster {name}");

        var before = StoredConfig.Parse(stored);
        var after = await EditAsync(ctl, args, name, before, stop).ConfigureAwait(false);
        if (StoredConfig.Same(before, after))
        {
            if (!args.Has(Quiet))
            {
                ctl.Terminal.Line("Not changed");
            }

            return;
        }

        if (!args.Has(Quiet))
        {
            var diff = UnifiedDiff.Of(StoredConfig.Yaml(before), StoredConfig.Yaml(after));
            await DiffDisplay.ShowAsync(ctl, diff, stop).ConfigureAwait(false);
        }

        if (await MayWriteAsync(ctl, args, stop).ConfigureAwait(false))
        {
            var outcome = await store.WriteConfigAsync(JsonText.Compact(after), stored.Version, stop).ConfigureAwait(false);
            Report(ctl, outcome);
        }
    }

    private static async Task<JsonObject> EditAsync(
        CtlContext ctl, ParsedArguments args, string name, JsonObject before, CancellationToken stop)
    {
        if (!args.Has(Set) && !args.Has(Parameter) && !args.Has(ApplyFile) && !args.Has(ReplaceFile))
        {
            var text = await ExternalEditor.EditAsync(ctl, name, StoredConfig.Yaml(before), stop).ConfigureAwait(false);
            return Map(text, "the edited configuration");
        }

        var after = before.DeepClone().AsObject();
        if (args.Text(ReplaceFile) is { } replacement)
        {
            after.Clear();
            MergePatch.Apply(after, await ReadAsync(ctl, replacement, stop).ConfigureAwait(false));
        }

        if (args.Text(ApplyFile) is { } patch)
        {
            MergePatch.Apply(after, await ReadAsync(ctl, patch, stop).ConfigureAwait(false));
        }

        Array.ForEach(args.All(Set), pair => SettingPath.Apply(after, pair));
        Array.ForEach(args.All(Parameter), pair => SettingPath.ApplyParameter(after, pair));
        return after;
    }

    private static async Task<JsonObject> ReadAsync(CtlContext ctl, string file, CancellationToken stop) =>
        Map(await OperatorFile.ReadAsync(ctl, file, stop).ConfigureAwait(false), file == "-" ? "stdin" : file);

    private static JsonObject Map(string text, string source) => Yaml11.Parse(text, source) as JsonObject
        ?? throw new CtlException($"{source} is not a YAML map: write settings as 'name: value'.");

    private static async Task<bool> MayWriteAsync(CtlContext ctl, ParsedArguments args, CancellationToken stop)
    {
        if (args.Has(CommonOptions.Force))
        {
            return true;
        }

        if (args.Text(ApplyFile) == "-" || args.Text(ReplaceFile) == "-")
        {
            // stdin is spent: nobody can be asked.
            ctl.Terminal.Line("Use --force option to apply changes");
            return false;
        }

        return await ctl.Prompts.ConfirmAsync("Apply these changes?", stop).ConfigureAwait(false);
    }

    private static void Report(CtlContext ctl, WriteOutcome outcome)
    {
        switch (outcome)
        {
            case WriteOutcome.Written:
                ctl.Terminal.Line("Configuration changed");
                break;
            case WriteOutcome.Refused:
                throw new CtlException("Config modification aborted due to concurrent changes");
            case WriteOutcome.Unknown:
                throw new CtlException("The store did not confirm the change: look at show-config, then try again.");
        }
    }
}
