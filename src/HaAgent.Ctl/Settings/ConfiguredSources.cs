using HaAgent.Configuration.Ctl;
using HaAgent.Configuration.Rules;
using HaAgent.Core.Settings;
using HaAgent.Ctl.Store;
using HaAgent.Dcs.Etcd;

namespace HaAgent.Ctl.Settings;

/// <summary>The real ones: files and environment, and the store that they name.</summary>
internal sealed class ConfiguredSources(IReadOnlyDictionary<string, string> environment, TimeProvider clock) : ICtlSources
{
    public CtlSettings LoadSettings(GlobalOptions options, CtlLog log)
    {
        var configuration = CtlConfiguration.Load(options.ConfigFile, environment, options.DcsUrl);
        foreach (var warning in configuration.Warnings)
        {
            log.Warning(warning);
        }

        return CtlSettings.From(configuration.Root, options.Insecure);
    }

    public IClusterStore Open(CtlSettings settings, string scope)
    {
        var (name, section) = DcsSections.Choose(settings.Configuration);
        var options = EtcdOptions.Read(
            section, scope, ValueParsers.Text(settings.Configuration["namespace"]), memberName: "", sectionName: name);
        return new EtcdClusterStore(options, clock);
    }
}
