using System.Text.Json.Nodes;
using HaAgent.Core.Authority;
using HaAgent.Core.Contracts.Records;
using HaAgent.Core.Decision;
using HaAgent.Core.Duties;
using HaAgent.Core.Effects;
using HaAgent.Core.Jobs;
using HaAgent.Core.Model;
using HaAgent.Core.Requests;
using HaAgent.Core.Snapshot;
using Microsoft.Extensions.Logging;

namespace HaAgent.Core.Loop;

/// <summary>One chain of turns: look, decide, act, until there is nothing to do but wait.</summary>
internal sealed class Turn(
    LoopParts parts, LoopState state, JobRunner jobs, Executor executor, RequestEffects requests, UpkeepRunner upkeep, TimesInForce times,
    StatusPublisher publisher, ILogger logger)
{
    /// <summary>More turns than this without settling is a fault in the rules.</summary>
    private const int Bound = 16;

    private readonly ILogger _heartbeat = parts.Loggers.CreateLogger(HaLog.HeartbeatCategory);
    private DcsVersion _configSeen;
    private (string RuleId, ReasonId Reason) _lastLogged;
    private bool _firingSeen;
    private bool _heartbeatDue;
    private bool _tickDue;

    /// <summary>The view of the last turn; null before the first.</summary>
    public NodeView? LastView { get; private set; }

    /// <summary>Runs turns until the decision is to wait.</summary>
    /// <returns>When to look again even if nothing changes; null: at the next tick.</returns>
    public Instant? Run(bool isTick, Instant nextTick)
    {
        _heartbeatDue |= isTick;
        _tickDue |= isTick;
        var chain = new List<string>(4);
        for (var turn = 0; turn < Bound; turn++)
        {
            var view = Observe();
            var ruled = HaDecider.Decide(view);
            chain.Add(ruled.RuleId);
            Journal(view, ruled, nextTick);
            executor.Perform(view, ruled.Decision);
            if (ruled.Decision is HaDecision.Wait wait)
            {
                // Positions are published after the renewal of their tick, not beside it.
                if (view.Memory.LeaseRequest == LeaseRequest.None && upkeep.Start(view, Upkeep.Due(view, parts.Identity)))
                {
                    _tickDue = false;
                }

                return wait.Until;
            }

            if (state.ExitCode is not null)
            {
                return null;
            }
        }

        HaLog.DidNotSettle(logger, Bound, string.Join(" ", chain));
        return Instant.Now(parts.Clock) + TimeSpan.FromSeconds(1);
    }

    /// <summary>Everything known now, as one value; the memory is not changed by looking.</summary>
    public NodeView Look()
    {
        var dcs = parts.Dcs.Latest;
        if (dcs is DcsReading.Answered { Cluster.Config: { } config } && config.Version != _configSeen)
        {
            _configSeen = config.Version;
            parts.Settings.Accept(config);
        }

        return new NodeView(
            parts.Identity.Name,
            Instant.Now(parts.Clock),
            dcs,
            parts.Postgres.Latest,
            Effective(parts.Settings.Current),
            state.Memory,
            jobs.Current,
            [.. parts.Mailbox.Open().Select(ticket => new RequestView(ticket.Id, ticket.Request, ticket.AskedAt, ticket.IsAdmitted))],
            parts.Random.Next())
        { IsTick = _tickDue, Guard = parts.Guard.Latest, Utc = parts.Clock.GetUtcNow() };
    }

    /// <summary>
    /// Short times count when they are in force. Who may not lead at present says so in its tags: the others must not wait for it.
    /// </summary>
    private HaSettings Effective(HaSettings settings)
    {
        settings = state.Memory.ShortTimes.InForce && settings.Short is { } shorter ? settings.With(shorter) : settings;
        var barred = state.Memory.Rewind is RewindState.Needed or RewindState.Failed || settings.Unsupported.Any(setting => setting.EndangersCommits);
        return barred && !settings.Tags.NoFailover
            ? settings with { Tags = settings.Tags with { NoFailover = true, Json = WithNoFailover(settings.Tags.Json) } }
            : settings;
    }

    private static string WithNoFailover(string json)
    {
        var tags = JsonNode.Parse(json)?.AsObject() ?? [];
        tags["nofailover"] = true;
        return JsonText.Compact(tags);
    }

    /// <summary>The member key tells how this node ended; it goes away with its lease.</summary>
    public async Task LastWordAsync()
    {
        var view = Look();
        if (!view.StoreIsSilent() && !GateRules.IsForeignCluster(view))
        {
            await parts.Dcs.WriteMemberAsync(
                MemberRecordDuty.Json(view, parts.Identity), Instant.Now(parts.Clock) + TimeSpan.FromSeconds(1), CancellationToken.None);
        }
    }

    private NodeView Observe()
    {
        var view = Look();
        state.Change(_ => Fold.Observe(view) with { RetainedSlots = MemberSlotsDuty.Retained(view) });
        view = times.Follow(view with { Memory = state.Memory, Settings = Effective(parts.Settings.Current) });
        requests.Follow(view);
        LastView = view;
        return view;
    }

    private void Journal(NodeView v, Ruled ruled, Instant nextTick)
    {
        publisher.Publish(v, ruled, nextTick);
        if (v.Guard.Fired && !_firingSeen)
        {
            HaLog.GuardFired(logger);
        }

        _firingSeen = v.Guard.Fired;
        var reason = ruled.Decision.Reason;
        var text = ReasonText.Render(v.Self, reason, v.Settings.Pause);
        if (ruled.Decision is HaDecision.Fence fence)
        {
            var left = v.Authority is NodeAuthority.None ? TimeSpan.Zero : v.Authority.Until - v.At;
            HaLog.Fencing(logger, v.Self, fence.Deadline - v.At, text, ruled.RuleId, left);
        }
        else if (IsNews(ruled))
        {
            HaLog.Decided(logger, text, ruled.RuleId);
        }

        if (!IsPassing(ruled))
        {
            _lastLogged = (ruled.RuleId, reason.Id);
        }

        if (_heartbeatDue && ruled.Decision is HaDecision.Wait && reason.Id is not ReasonId.LeaseRequestUnderWay)
        {
            _heartbeatDue = false;
            HaLog.LockOwner(_heartbeat, v.Cluster?.Leader is { } leader ? leader.Name.Value : "None", v.Self);
            HaLog.Heartbeat(_heartbeat, text);
        }
    }

    /// <summary>One line per change of mind; renewals and their answers are no change of mind.</summary>
    private bool IsNews(Ruled ruled) => !IsPassing(ruled) && _lastLogged != (ruled.RuleId, ruled.Decision.Reason.Id);

    private static bool IsPassing(Ruled ruled) =>
        ruled.Decision.Reason.Id is ReasonId.RenewalDue or ReasonId.LeaseRequestUnderWay or ReasonId.HandOverWaiting or ReasonId.HandOverAsk
            or ReasonId.RacePeersAsked;
}
