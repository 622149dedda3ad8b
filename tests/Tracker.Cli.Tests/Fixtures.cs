using Tracker.Testing;
using Xunit;

[assembly: AssemblyFixture(typeof(PostgresFixture))]
