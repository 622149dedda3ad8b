using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Connections;

namespace Tracker.Api.Http;

/// <summary>What holds for all of HTTP: JSON, errors, health, compression.</summary>
public static class Web
{
    public static void AddWeb(this WebApplicationBuilder builder)
    {
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, SocketBlocks>();
        builder.AddConnectionLimits();
        builder.AddReadiness();
        builder.Services.ConfigureHttpJsonOptions(options =>
        {
            options.SerializerOptions.NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals;
            options.SerializerOptions.Converters.Add(new ExactNumbers());
        });
        // A body that cannot be bound is told by the one exception handler.
        builder.Services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        builder.Services.AddProblemDetails();
        builder.Services.AddExceptionHandler<ErrorAnswers>();
        builder.Services.AddResponseCompression();
    }

    public static void UseWeb(this WebApplication app)
    {
        app.UseExceptionHandler(new ExceptionHandlerOptions { SuppressDiagnosticsCallback = _ => true });
        app.UseStatusCodePages();
        app.UseResponseCompression();
        app.UseRequestDecompression();
        app.Use(RefuseNull);
    }

    public static void MapWeb(this WebApplication app)
    {
        app.MapReadiness();
        // Only for reads: a fallback for every method would hide what is wrong with the content type of the others.
        app.MapMethods("/api/{**rest}", [HttpMethods.Get, HttpMethods.Head], UnknownPath).OpenToAll().WithOrder(int.MaxValue - 1).ExcludeFromDescription();
    }

    /// <summary>U+0000 stands in no name and no text of the database.</summary>
    private static Task RefuseNull(HttpContext context, RequestDelegate next)
    {
        foreach (var (name, values) in context.Request.Query)
        {
            if (values.Any(value => value?.Contains('\0', StringComparison.Ordinal) is true)) return Problems.Invalid(name, $"{name} holds the character U+0000.", "no U+0000").ExecuteAsync(context);
        }

        return next(context);
    }

    private static Microsoft.AspNetCore.Http.HttpResults.ProblemHttpResult UnknownPath() =>
        TypedResults.Problem("There is no such call; /swagger lists them all.", statusCode: StatusCodes.Status404NotFound, title: "Unknown path");
}
