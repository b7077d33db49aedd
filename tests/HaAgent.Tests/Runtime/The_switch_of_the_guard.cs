using HaAgent.Configuration.Local;
using HaAgent.Core.Settings;
using HaAgent.Testing;

namespace HaAgent.Tests.Runtime;

public class The_switch_of_the_guard
{
    [Theory]
    [InlineData("", null, true)]
    [InlineData("haagent: {}", null, true)]
    [InlineData("haagent: {guard: off}", null, false)]
    [InlineData("haagent: {guard: false}", null, false)]
    [InlineData("haagent: {guard: 'on'}", null, true)]
    [InlineData("haagent: {guard: on}", "off", false)]
    public void Is_on_unless_the_file_or_the_environment_says_off(string section, string? variable, bool isOn) =>
        Assert.Equal(isOn, Load(section, variable).Guard);

    [Fact]
    public void Is_refused_when_it_is_neither_on_nor_off()
    {
        var error = Assert.Throws<ConfigurationException>(() => Load("haagent: {guard: sometimes}", null));
        Assert.Equal("haagent.guard = 'sometimes': must be on or off.", error.Message);
    }

    private static AgentOptions Load(string section, string? variable)
    {
        using var folder = TempFolder.Create("guard");
        var file = Path.Join(folder.Path, "haagent.yml");
        File.WriteAllText(file, $$"""
            scope: demo
            name: a
            etcd3: {hosts: "127.0.0.1:2379"}
            restapi: {listen: "127.0.0.1:8008"}
            postgresql: {listen: "127.0.0.1:5432", data_dir: {{folder.Path}}/data}
            {{section}}
            """);
        var environment = new Dictionary<string, string> { ["HAAGENT_RUN_DIR"] = folder.Path };
        if (variable is not null)
        {
            environment["HAAGENT_GUARD"] = variable;
        }

        return AgentOptions.Load(LocalConfiguration.Load(file, environment), environment);
    }
}
