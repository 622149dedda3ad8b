using Grpc.Health.V1;
using Npgsql;
using Tracker.Api.Ingest.Grpc.Protocol;

namespace Tracker.Api.Ingest.Grpc;

/// <summary><c>grpc.health.v1.Health</c>: serving while the database answers, as <c>/readyz</c>.</summary>
internal sealed class HealthService(NpgsqlDataSource database)
{
    public async Task Check(GrpcCall call)
    {
        var service = await call.ReadOneAsync(message => HealthCheckRequest.Parser.ParseFrom(message.Span).Service);
        if (service is not ("" or GrpcServices.Ingest)) throw new GrpcException(GrpcCode.NotFound, $"There is no service {service}.");
        call.Write(new HealthCheckResponse { Status = await AnswersAsync(call.Over) ? HealthCheckResponse.Types.ServingStatus.Serving : HealthCheckResponse.Types.ServingStatus.NotServing });
    }

    private async Task<bool> AnswersAsync(CancellationToken cancel)
    {
        try
        {
            await using var command = database.CreateCommand("select 1 from run_heads limit 1");
            await command.ExecuteScalarAsync(cancel);
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
