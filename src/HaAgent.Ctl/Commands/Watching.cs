using HaAgent.Core.Snapshot;
using HaAgent.Ctl.CommandLine;
using HaAgent.Ctl.Store;

namespace HaAgent.Ctl.Commands;

/// <summary>Printing clusters once, or again and again until interrupted.</summary>
internal static class Watching
{
    private const double RefreshSeconds = 2;

    /// <summary>Null: print once.</summary>
    public static TimeSpan? Interval(ParsedArguments args) =>
        (args.Number(CommonOptions.Watch) ?? (args.Has(CommonOptions.Refresh) ? RefreshSeconds : null)) is { } seconds
            ? TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 86400))
            : null;

    /// <param name="given">Cluster names; empty: the configuration's scope.</param>
    public static async Task RunAsync(
        CtlContext ctl,
        TimeSpan? interval,
        string[] given,
        bool timestamps,
        Func<ClusterState, string, string> render,
        CancellationToken stop)
    {
        string[] names = given.Length > 0 ? given : ctl.Settings.Scope is { } scope ? [scope] : [];
        if (names.Length == 0)
        {
            ctl.Log.Warning("Listing members: No cluster names were provided");
            return;
        }

        var stores = names.Select(ctl.Open).ToArray();
        try
        {
            await PrintAsync(ctl, names, stores, timestamps, render, clear: interval is not null, stop).ConfigureAwait(false);
            while (interval is { } pause)
            {
                await Task.Delay(pause, ctl.Clock, stop).ConfigureAwait(false);
                await PrintAsync(ctl, names, stores, timestamps, render, clear: true, stop).ConfigureAwait(false);
            }
        }
        finally
        {
            foreach (var store in stores)
            {
                await store.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private static async Task PrintAsync(
        CtlContext ctl,
        string[] names,
        IClusterStore[] stores,
        bool timestamps,
        Func<ClusterState, string, string> render,
        bool clear,
        CancellationToken stop)
    {
        var clusters = new List<string>();
        foreach (var (name, store) in names.Zip(stores))
        {
            clusters.Add(render(await store.ReadAsync(stop).ConfigureAwait(false), name));
        }

        // Everything is read before the screen is cleared, so that it does not stay empty meanwhile.
        if (clear)
        {
            ctl.Terminal.Clear();
        }

        if (timestamps)
        {
            ctl.Terminal.Line(ctl.Timestamp());
        }

        clusters.ForEach(ctl.Terminal.Out.Write);
        await ctl.Terminal.Out.FlushAsync(stop).ConfigureAwait(false);
    }
}
