using HaAgent.Core.Settings;
using HaAgent.Ctl.Store;

namespace HaAgent.Ctl.Settings;

/// <summary>Where the client's configuration and its clusters come from.</summary>
internal interface ICtlSources
{
    /// <exception cref="ConfigurationException">The configuration cannot be used.</exception>
    CtlSettings LoadSettings(GlobalOptions options, CtlLog log);

    /// <exception cref="ConfigurationException">No store that this version speaks is configured.</exception>
    IClusterStore Open(CtlSettings settings, string scope);
}
