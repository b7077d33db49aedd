using HaAgent.Core.Loop;

namespace HaAgent.Core.Tests.Loop;

public class The_pump
{
    [Fact]
    public void Drops_what_is_posted_after_its_end()
    {
        var pump = new LoopContext();
        pump.Dispose();
        pump.Post(_ => throw new InvalidOperationException("run after the end"), null);
        Assert.False(pump.RunOne());
    }
}
