namespace HaAgent.EndToEnd.Tests;

/// <summary>
/// The tests that measure, or that load the whole machine: one after the other, when all others are through. The others mostly wait
/// for a lease to end, and do so side by side.
/// </summary>
[CollectionDefinition(nameof(Undisturbed), DisableParallelization = true)]
public sealed class Undisturbed;
