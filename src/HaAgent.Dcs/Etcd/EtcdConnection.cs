using Google.Protobuf;
using HaAgent.Core.Model;
using HaAgent.Core.Settings;
using HaAgent.Dcs.Grpc;
using HaAgent.Dcs.Protos;
using Microsoft.Extensions.Logging;

namespace HaAgent.Dcs.Etcd;

/// <summary>Calls to a cluster of etcd members: which endpoint, for how long, with which token, and whom to believe.</summary>
internal sealed class EtcdConnection : IDisposable
{
    /// <summary>An endpoint that had less time than this to answer is not blamed for its silence.</summary>
    private static readonly TimeSpan FairTry = TimeSpan.FromSeconds(0.9);

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestJitter = TimeSpan.FromSeconds(0.8);

    private readonly EtcdOptions _options;
    private readonly TimeProvider _clock;
    private readonly Random _random;
    private readonly ILogger _log;
    private volatile EtcdTiming _timing;
    private volatile string? _token;
    private volatile ConfigurationException? _loginRefused;

    /// <param name="connect">What carries gRPC to an address; null: our own HTTP/2 channel.</param>
    public EtcdConnection(
        EtcdOptions options,
        EtcdTiming timing,
        TimeProvider clock,
        Random random,
        ILogger log,
        Func<Uri, IGrpcChannel>? connect = null)
    {
        _options = options;
        _timing = timing;
        _clock = clock;
        _random = random;
        _log = log;
        Notices = new(log);
        Guard = new(clock, () => _timing.Ttl);
        Endpoints = new(options.Endpoints, connect ?? Connect, random);
    }

    public EtcdEndpoints Endpoints { get; }
    public TermGuard Guard { get; }
    public EtcdNotices Notices { get; }

    public EtcdTiming Timing
    {
        get => _timing;
        set => _timing = value;
    }

    /// <summary>Set after every endpoint failed and after a switch: the list of members may be out of date.</summary>
    public bool MembersMayHaveChanged { get; set; } = true;

    /// <summary>Ask the cluster for its members; not behind proxies.</summary>
    public bool Discovers => _options.DiscoverMembers;

    /// <summary>
    /// etcd's definite word, when that was its last: it knows no such user with such a password, or wants a user and was told
    /// none. Null after anything it has answered since.
    /// </summary>
    public ConfigurationException? LoginRefused => _loginRefused;

    public Instant Now => Instant.Now(_clock);

    /// <summary>How long one try may take at present.</summary>
    public TimeSpan TryTime => AttemptPlan.For(_timing.RetryTimeout, Endpoints.Count).Each;

    /// <summary>Tries <paramref name="attempt"/> until it answers for good or the time is up.</summary>
    /// <returns>The attempt's answer, or the last status: one that proves a loss, or one that tells nothing.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was signalled.</exception>
    public async Task<GrpcReply<T>> RunAsync<T>(
        EtcdPath path, EtcdEffort effort, Func<EtcdAttempt, Task<GrpcReply<T>>> attempt, Instant notAfter, CancellationToken stop)
        where T : class
    {
        var last = GrpcReply<T>.Failed(GrpcStatus.TimedOut("no time was left to ask"));
        var pause = FirstPause;
        while (true)
        {
            var plan = AttemptPlan.For(Smaller(_timing.RetryTimeout, notAfter - Now), Endpoints.Count);
            for (var i = 0; i < plan.Attempts; i++)
            {
                stop.ThrowIfCancellationRequested();
                var started = Now;
                if (started >= notAfter)
                {
                    return last;
                }

                var current = new EtcdAttempt(Endpoints.Current, Instant.Min(started + plan.Each, notAfter));
                var reply = await AuthenticatedAsync(path, attempt, current, stop);
                var meaning = EtcdErrors.Meaning(reply.Status);
                if (meaning is not (EtcdMeaning.AnotherEndpoint or EtcdMeaning.Again))
                {
                    return reply;
                }

                last = reply;
                if (meaning == EtcdMeaning.AnotherEndpoint)
                {
                    Leave(current.Endpoint, reply.Status, current.Deadline - started);
                }

                if (effort == EtcdEffort.Once)
                {
                    return reply;
                }
            }

            MembersMayHaveChanged = true;
            var wait = pause + Jitter();
            if (Now + wait >= notAfter)
            {
                return last;
            }

            await Task.Delay(wait, _clock, stop);
            pause = Smaller(pause * 2, LongestPause);
        }
    }

    /// <summary>One attempt; if it fails for want of a valid token, a new token and the attempt once more.</summary>
    public async Task<GrpcReply<T>> AuthenticatedAsync<T>(
        EtcdPath path, Func<EtcdAttempt, Task<GrpcReply<T>>> attempt, EtcdAttempt current, CancellationToken stop)
        where T : class
    {
        var reply = await attempt(current);
        if (reply.IsOk)
        {
            _loginRefused = null;
        }

        if (EtcdErrors.Meaning(reply.Status) != EtcdMeaning.Authenticate)
        {
            return reply;
        }

        if (_options.Username is null && _options.Tls?.ClientCertificateContext is not null)
        {
            return reply; // the certificate names the user; the same code tells of an auth store that has just changed
        }

        if (_options.Username is null)
        {
            NoteRefusal(reply.Status);
            return reply;
        }

        var status = await AuthenticateAsync(current, path, stop);
        if (status.IsOk)
        {
            _loginRefused = null;
        }

        return status.IsOk ? await attempt(current) : GrpcReply<T>.Failed(status);
    }

    /// <summary>One request within an attempt. An answer of a member that lags behind is a failure.</summary>
    public async Task<GrpcReply<TResponse>> CallAsync<TRequest, TResponse>(
        EtcdPath path, GrpcMethod<TRequest, TResponse> method, TRequest request, EtcdAttempt attempt, CancellationToken stop)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>, IEtcdAnswer
    {
        if (attempt.Endpoint.Channel(path) is not { } channel)
        {
            return GrpcReply<TResponse>.Failed(Dropped(attempt.Endpoint));
        }

        var hadTime = attempt.Deadline - Now;
        var reply = await channel.UnaryAsync(method, request, new GrpcCall(hadTime, _token), stop);
        if (reply.Message is not { } answer)
        {
            if (reply.Status.Origin is GrpcOrigin.Deadline or GrpcOrigin.Transport && IsAtFault(reply.Status, hadTime))
            {
                attempt.Endpoint.Drop(channel);
            }

            return GrpcReply<TResponse>.Failed(reply.Status.From(attempt.Endpoint));
        }

        return Guard.Judge(answer.Header) is { } fault
            ? GrpcReply<TResponse>.Failed(GrpcStatus.StaleMember(fault).From(attempt.Endpoint))
            : reply;
    }

    /// <summary>Opens a stream both ways.</summary>
    public async Task<GrpcReply<IGrpcStream<TRequest, TResponse>>> OpenAsync<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, TRequest first, EtcdAttempt attempt, CancellationToken stop)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        if (attempt.Endpoint.Channel(EtcdPath.Bulk) is not { } channel)
        {
            return GrpcReply<IGrpcStream<TRequest, TResponse>>.Failed(Dropped(attempt.Endpoint));
        }

        var reply = await channel.OpenAsync(method, first, new GrpcCall(attempt.Deadline - Now, _token), stop);
        return reply.IsOk ? reply : GrpcReply<IGrpcStream<TRequest, TResponse>>.Failed(reply.Status.From(attempt.Endpoint));
    }

    /// <summary>Goes on to the next endpoint, if this one is still in use and had a fair chance.</summary>
    public void Leave(EtcdEndpoint endpoint, GrpcStatus status, TimeSpan hadTime)
    {
        if (IsAtFault(status, hadTime) && Endpoints.Leave(endpoint))
        {
            MembersMayHaveChanged = true;
            DcsLog.EndpointLeft(_log, endpoint.ToString(), Endpoints.Current.ToString(), status.ToString());
        }
    }

    public void Dispose() => Endpoints.Dispose();

    private async Task<GrpcStatus> AuthenticateAsync(EtcdAttempt attempt, EtcdPath path, CancellationToken stop)
    {
        _token = null;
        var request = new AuthenticateRequest { Name = _options.Username, Password = _options.Password };
        var reply = await CallAsync(path, EtcdMethods.Authenticate, request, attempt, stop);
        _token = reply.Message?.Token;
        NoteRefusal(reply.Status);
        return reply.Status;
    }

    /// <summary>
    /// "authentication failed" and "user name is empty" have one code. To a login, and to a request without one, it means
    /// nothing else.
    /// </summary>
    private void NoteRefusal(GrpcStatus status)
    {
        if (status is not { Origin: GrpcOrigin.Server, Code: GrpcCode.InvalidArgument })
        {
            return;
        }

        var (user, password) = ($"{_options.SectionName}.username", $"{_options.SectionName}.password");
        var refused = _options.Username is { } name
            ? new ConfigurationException(user, name,
                $"etcd does not let this user in with the password of {password}: {status}. Correct the two, or give etcd this user.")
            : new ConfigurationException(user, null,
                $"is not set, but etcd wants a user and a password: {status}. Set {user} and {password}.");
        _loginRefused = refused;
        Notices.Add(refused.Message);
    }

    private static bool IsAtFault(GrpcStatus status, TimeSpan hadTime) =>
        status.Origin != GrpcOrigin.Deadline || hadTime >= FairTry;

    private static GrpcStatus Dropped(EtcdEndpoint endpoint) => GrpcStatus.Broken("the endpoint is not in use any more").From(endpoint);

    private TimeSpan Jitter()
    {
        lock (_random)
        {
            return LongestJitter * _random.NextDouble();
        }
    }

    private Http2GrpcChannel Connect(Uri address)
    {
        var timeout = TryTime / 2;
        var connectTimeout = timeout > TimeSpan.FromSeconds(1) ? timeout : TimeSpan.FromSeconds(1);
        return new(address, Http2Handlers.Create(connectTimeout, _options.Tls), _clock);
    }

    private static TimeSpan Smaller(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
