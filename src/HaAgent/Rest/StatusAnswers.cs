using HaAgent.Core.Contracts;
using HaAgent.Core.Model;
using HaAgent.Core.Snapshot;

namespace HaAgent.Rest;

/// <summary>
/// The latest published status with all that is derived from it, worked out once per publication and shared by all
/// requests.
/// </summary>
internal sealed class StatusAnswers(StatusBoard board, TimeProvider clock, Func<int> logQueueLength)
{
    private volatile Answers? _latest;

    /// <summary>Null until the loop has ended its first turn.</summary>
    public Answers? Latest()
    {
        var status = board.Latest;
        var answers = _latest;
        if (status is not null && !ReferenceEquals(answers?.Facts.Status, status))
        {
            _latest = answers = new(status);
        }

        return status is null ? null : answers;
    }

    public Instant Now => Instant.Now(clock);

    /// <summary>The status document by what is published and the clock.</summary>
    public ReadOnlyMemory<byte> Document(Answers answers)
    {
        var queued = logQueueLength();
        var isStale = answers.Facts.Status.IsStale(Now);
        return queued > 2 ? StatusDocument.Render(isStale ? answers.StaleFacts : answers.Facts, queued)
            : isStale ? answers.StaleDocument
            : answers.Document;
    }

    /// <summary>The same with positions measured just now, or none when there was no answer in time.</summary>
    /// <remarks>A stale status gives no ballot: what cannot act on an election must not decide one.</remarks>
    public ReadOnlyMemory<byte> Ballot(Answers answers, PostgresReading? measured)
    {
        var status = answers.Facts.Status;
        var reading = measured ?? status.Postgres with { Sql = new SqlReading.Unknown("no answer in time") };
        return StatusDocument.Render(new NodeFacts(status, reading, status.IsStale(Now)), logQueueLength());
    }

    public sealed class Answers(NodeStatus status)
    {
        private byte[]? _document;
        private byte[]? _staleDocument;
        private NodeFacts? _staleFacts;

        public NodeFacts Facts { get; } = new(status);

        // Two requests may both render at first; they render the same.
        public NodeFacts StaleFacts => _staleFacts ??= new(Facts.Status, isStale: true);
        public byte[] Document => _document ??= StatusDocument.Render(Facts, queued: 0);
        public byte[] StaleDocument => _staleDocument ??= StatusDocument.Render(StaleFacts, queued: 0);
    }
}
