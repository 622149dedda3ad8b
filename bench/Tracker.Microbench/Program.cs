using BenchmarkDotNet.Running;
using Tracker.Microbench;

// dotnet run -c Release --project bench/Tracker.Microbench -- --filter '*'
BenchmarkSwitcher.FromAssembly(typeof(Points).Assembly).Run(args);
