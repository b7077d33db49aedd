using HaAgent.Core.Decision;
using HaAgent.Core.Jobs;
using HaAgent.Core.Loop;
using HaAgent.Core.Model;
using HaAgent.Core.Requests;
using HaAgent.Core.Snapshot;
using HaAgent.Core.Tests.Decision;

namespace HaAgent.Core.Tests.Requests;

public class A_request_for_a_new_copy
{
    [Fact]
    public void Is_forgotten_when_nobody_leads_any_more_and_nothing_was_removed() => Assert.Null(
        OperatorFold.Observe(Given.Replica().NobodyLeads().Remember(m => m with { Reinit = new(false) })).Reinit);

    [Fact]
    public void Is_kept_when_everything_was_removed() => Assert.NotNull(
        OperatorFold.Observe(Given.EmptyDirectory().NobodyLeads().Remember(m => m with { Reinit = new(false) })).Reinit);

    [Theory]
    [InlineData(false, "c")]
    [InlineData(true, "a")]
    public void Takes_its_source_as_it_was_told(bool fromLeader, string source)
    {
        var copy = Assert.IsType<JobSpec.BaseBackup>(Given.EmptyDirectory().Remember(m => m with { Reinit = new(fromLeader) })
            .Store(c => c with { Members = [.. c.Members.Select(m => m.Name.Value == "c" ? m with { Tags = m.Tags with { CloneFrom = true } } : m)] })
            .Decided<HaDecision.StartJob>().Job);
        Assert.Equal((source, "reinitialize"), (copy.Source.Name.Value, copy.Label));
    }

    [Fact]
    public void Is_shown_as_a_copy_from_its_first_step_on() => Assert.Equal(PostgresState.CreatingReplica, PublishedState.State(
        Given.Replica().Remember(m => m with { Reinit = new(false) }).Job(new JobSpec.Stop("reinitialize", AtOnce: true))));

    [Fact]
    public void Stops_nothing_before_another_is_the_running_primary() => // S5
        Given.Replica().Remember(m => m with { Reinit = new(false) })
            .Store(c => c with { Members = [.. c.Members.Select(m => m with { Role = "replica" })] })
            .MustDecide<HaDecision.Wait>("R40", ReasonId.Following);
}
