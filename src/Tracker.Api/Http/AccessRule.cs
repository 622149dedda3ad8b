namespace Tracker.Api.Http;

/// <summary>What a right is asked for.</summary>
#pragma warning disable CA1716 // A word of Visual Basic, and the one that reads right: Needs(Rights.Read, Of.Run).
public enum Of
#pragma warning restore CA1716
{
    /// <summary>The run that the route value <c>id</c> names.</summary>
    Run,

    /// <summary>The diagnosis that the route value <c>id</c> names.</summary>
    Diagnosis,

    /// <summary>The threshold rule that the route value <c>id</c> names.</summary>
    AlertRule,

    /// <summary>The mute that the route value <c>id</c> names.</summary>
    Mute,

    /// <summary>The project that the route value <c>name</c> names.</summary>
    Project,

    /// <summary>All projects: the server itself.</summary>
    Server,

    /// <summary>Whatever the caller may reach: the handler narrows its answer by <c>http.Caller()</c>.</summary>
    Caller,

    /// <summary>Nothing: everybody may call it, without a key.</summary>
    Anyone,
}

/// <summary>The rule of a route; one without is for the server's admins only.</summary>
/// <param name="Right">What the caller must be allowed to do.</param>
/// <param name="Of">With what.</param>
public sealed record AccessRule(Rights Right, Of Of);

public static class AccessRules
{
    /// <summary>
    /// Says who may call a route, or all routes of a group; the route's own rule goes before its group's. What the caller cannot see is 404, what the caller sees but may not do is 403.
    /// </summary>
    public static TBuilder Needs<TBuilder>(this TBuilder builder, Rights right, Of of)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new AccessRule(right, of));

    /// <summary>Everybody may call it, without a key.</summary>
    public static TBuilder OpenToAll<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder.Needs(Rights.None, Of.Anyone);
}
