using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;
using Tracker.Core.Diagnosis;

namespace Tracker.Api.Http;

/// <summary>The type of a body that the handler reads by itself, whatever content type it is sent with.</summary>
public sealed record DocumentedBody(Type Type);

/// <summary>The OpenAPI document, at <c>/swagger/v1/swagger.json</c> and as pages at <c>/swagger</c>.</summary>
public static class ApiDocs
{
    public static void AddApiDocs(this WebApplicationBuilder builder)
    {
        builder.Services.AddEndpointsApiExplorer();
        builder.Services.AddSwaggerGen(options =>
        {
            options.SwaggerDoc("v1", new OpenApiInfo
            {
                Title = "Tracker",
                Version = "v1",
                Description = "Logs training runs, keeps every point, and says what is wrong. Times are Unix milliseconds unless said otherwise; NaN and infinities are the strings \"NaN\", \"Infinity\", \"-Infinity\"; errors are RFC 9457 problem details with the members `field` and `limit`.",
            });
            foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory, "Tracker.*.xml")) options.IncludeXmlComments(file);
            options.SupportNonNullableReferenceTypes();
            // Severities are words wherever they are said.
            options.MapType<Severity>(() => new OpenApiSchema { Type = JsonSchemaType.String, Enum = ["info", "warn", "high", "crit"] });
            options.OperationFilter<DocumentedBodyFilter>();
            options.OperationFilter<IdFilter>();
        });
    }

    public static void MapApiDocs(this WebApplication app)
    {
        app.UseSwagger();
        app.UseSwaggerUI(options =>
        {
            options.DocumentTitle = "Tracker API";
            options.SwaggerEndpoint("/swagger/v1/swagger.json", "Tracker v1");
        });
    }
}

/// <summary>Describes the bodies that handlers read by themselves.</summary>
internal sealed class DocumentedBodyFilter : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<DocumentedBody>().SingleOrDefault() is not { } body) return;
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Content = new Dictionary<string, IOpenApiMediaType>
            {
                ["application/json"] = new OpenApiMediaType { Schema = context.SchemaGenerator.GenerateSchema(body.Type, context.SchemaRepository) },
            },
        };
    }
}

/// <summary>The id in a path means the same in every call.</summary>
internal sealed class IdFilter : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        var path = context.ApiDescription.RelativePath ?? "";
        var what = Array.Find([("/diagnoses/{id}", "diagnosis"), ("/channels/{id}", "channel"), ("/rules/{id}", "rule"), ("/routes/{id}", "route")], entry => path.Contains(entry.Item1, StringComparison.Ordinal)).Item2 ?? "run";
        foreach (var parameter in operation.Parameters ?? [])
        {
            if (parameter is OpenApiParameter { Name: "id", Description: null } id) id.Description = $"Id of the {what}.";
        }
    }
}
