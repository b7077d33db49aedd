using System.Collections.Immutable;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;
using HaAgent.Postgres.Control;

namespace HaAgent.Postgres;

/// <summary>Waiting for what the server does: its end, the end of its clients, a state of its control file.</summary>
internal sealed class ServerWaits(ServerContext context)
{
    private static readonly TimeSpan ScanEvery = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan PollBlind = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan PollWatched = TimeSpan.FromMilliseconds(200);

    public async Task<bool> ForExitAsync(Instant notAfter, CancellationToken stop)
    {
        while (context.Postmaster.Process is ServerProcess.Running)
        {
            var left = notAfter - context.Now;
            if (left <= TimeSpan.Zero)
            {
                return false;
            }

            await Waiting.AnyAsync(context.Clock, left, stop, context.Postmaster.Exited).ConfigureAwait(false);
        }

        return true;
    }

    /// <remarks>Polls, for nothing tells the end of somebody else's children; only while a stop is under way.</remarks>
    public async Task<bool> ForNoClientsAsync(Instant notAfter, CancellationToken stop)
    {
        while (context.Postmaster.HasClientBackends(context.Options.Scope))
        {
            if (context.Now >= notAfter)
            {
                return false;
            }

            await Task.Delay(ScanEvery, context.Clock, stop).ConfigureAwait(false);
        }

        return true;
    }

    public async Task<bool> ForControlStateAsync(
        ImmutableArray<ControlState> states, Instant notAfter, CancellationToken stop)
    {
        FileWatch? watch = null;
        try
        {
            var path = Path.Combine(context.DataDirectory, PgControlFile.RelativePath);
            watch = await context.Disk.AskAsync(() => FileWatch.TryCreate(path, context.Events), Left(notAfter))
                .ConfigureAwait(false);
            return await ForControlStateAsync(watch, states, notAfter, stop).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return false; // the disk does not answer
        }
        finally
        {
            watch?.Dispose();
        }
    }

    /// <remarks>
    /// In the order in which PostgreSQL waits: for its clients, for each walsender to have sent what is there, for the
    /// shutdown checkpoint.
    /// </remarks>
    public async Task<string> WhatKeepsAStopAsync(Instant notAfter)
    {
        try
        {
            var isCheckpointing = await ReadStateAsync(notAfter).ConfigureAwait(false) is ControlState.ShuttingDown;
            return StopText.Of(context.Postmaster.ChildTitles(), context.Options.Scope, isCheckpointing);
        }
        catch (TimeoutException)
        {
            return "the disk of the data directory, which does not answer";
        }
    }

    private async Task<bool> ForControlStateAsync(
        FileWatch? watch, ImmutableArray<ControlState> states, Instant notAfter, CancellationToken stop)
    {
        while (true)
        {
            // Both are taken before the file is read, so that no change falls between.
            var changed = watch?.Changed;
            var exited = context.Postmaster.Exited;
            var hasEnded = context.Postmaster.Process is not ServerProcess.Running;
            if (await ReadStateAsync(notAfter).ConfigureAwait(false) is { } state && states.Contains(state))
            {
                return true;
            }

            var left = notAfter - context.Now;
            if (hasEnded || left <= TimeSpan.Zero)
            {
                return false;
            }

            var pause = watch is null ? PollBlind : PollWatched;
            await Waiting.AnyAsync(context.Clock, left < pause ? left : pause, stop, exited, changed ?? exited)
                .ConfigureAwait(false);
        }
    }

    private async Task<ControlState?> ReadStateAsync(Instant notAfter)
    {
        try
        {
            return (await context.Disk.AskAsync(() =>
                PgControlFile.Read(context.DataDirectory), Left(notAfter)).ConfigureAwait(false)).State;
        }
        catch (IOException)
        {
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }

    private TimeSpan Left(Instant notAfter) => Waiting.Bounded(notAfter - context.Now);
}
