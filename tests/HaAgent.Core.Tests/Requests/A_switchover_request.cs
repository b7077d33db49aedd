using HaAgent.Core.Decision;
using HaAgent.Core.Model;
using HaAgent.Core.Requests;
using HaAgent.Core.Tests.Decision;

namespace HaAgent.Core.Tests.Requests;

public class A_switchover_request
{
    private static Given Ask(string leader, string candidate) => Given.Primary().Asked(new OperatorRequest.Switchover(new(leader), new(candidate)));

    [Fact]
    public void Asks_the_candidates_before_it_is_admitted() => Ask("a", "b").MustDecide<HaDecision.AskPeers>("Q40", ReasonId.RequestCheckPeers);

    [Fact]
    public void Is_admitted_when_the_candidate_answers() => Ask("a", "b").Ballot("b", 1).MustDecide<HaDecision.Admit>("Q50", ReasonId.RequestAdmitted);

    [Fact]
    public void Is_admitted_when_any_member_answers_and_none_is_named() =>
        Ask("a", "").NoBallot("b").Ballot("c", 1).MustDecide<HaDecision.Admit>("Q50", ReasonId.RequestAdmitted);

    [Theory]
    [InlineData("c", "b", 412, "leader name does not match")]
    [InlineData("a", "z", 412, "candidate does not exists")]
    public void Is_refused_in_the_words_that_tools_know(string leader, string candidate, int code, string text)
    {
        var refuse = Ask(leader, candidate).MustDecide<HaDecision.Refuse>("Q30", ReasonId.RequestRefused);
        Assert.Equal((code, text), (refuse.Code, refuse.Text));
    }

    [Fact]
    public void Is_refused_when_no_candidate_answers() =>
        Assert.Equal("switchover is not possible: no good candidates have been found",
            Ask("a", "b").NoBallot("b").MustDecide<HaDecision.Refuse>("Q30", ReasonId.RequestRefused).Text);

    [Fact]
    public void Is_refused_when_there_is_nobody_else() =>
        Assert.Equal("switchover is not possible: cluster does not have members except leader",
            Ask("a", "").Store(c => c with { Members = [Given.Member("a", "primary")] }).MustDecide<HaDecision.Refuse>("Q30", ReasonId.RequestRefused).Text);

    [Fact]
    public void Is_refused_while_the_store_is_silent() =>
        Assert.Equal(503, Ask("a", "b").StoreSilent().MustDecide<HaDecision.Refuse>("Q20", ReasonId.RequestRefused).Code);

    [Fact]
    public void For_a_failover_without_a_leader_may_name_the_node_that_was_asked() =>
        Given.Replica().NobodyLeads().Asked(new OperatorRequest.Failover(new NodeName("b"))).MustDecide<HaDecision.Admit>("Q50", ReasonId.RequestAdmitted);
}
