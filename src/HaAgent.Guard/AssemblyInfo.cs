// Calls into the C library are then plain calls, compiled ahead: nothing is to be generated at the first one.
[assembly: System.Runtime.CompilerServices.DisableRuntimeMarshalling]
