using System.Runtime.CompilerServices;
using HaAgent.Testing.Postgres;

namespace HaAgent.Postgres.Tests;

internal static class ProcessSetup
{
    [ModuleInitializer]
    internal static void DropPrivileges() => Unprivileged.Become();
}
