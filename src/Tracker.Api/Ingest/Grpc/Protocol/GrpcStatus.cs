namespace Tracker.Api.Ingest.Grpc.Protocol;

/// <summary>The status codes of gRPC, by their numbers on the wire.</summary>
public enum GrpcCode
{
    Ok = 0,
    Cancelled = 1,
    Unknown = 2,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    AlreadyExists = 6,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Aborted = 10,
    OutOfRange = 11,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    DataLoss = 15,
    Unauthenticated = 16,
}

/// <summary>How a call ended.</summary>
/// <param name="Code">Its kind.</param>
/// <param name="Message">A sentence for people.</param>
/// <param name="Details">A serialized <c>google.rpc.Status</c> for programs, or null.</param>
public sealed record GrpcStatus(GrpcCode Code, string Message, byte[]? Details = null)
{
    public static GrpcStatus Ok { get; } = new(GrpcCode.Ok, "");

    /// <summary>Further trailers, as names in small letters and values in ASCII.</summary>
    public IReadOnlyList<(string Name, string Value)> Trailers { get; init; } = [];
}

/// <summary>Ends a call with a status.</summary>
public sealed class GrpcException(GrpcStatus status) : Exception(status.Message)
{
    public GrpcException(GrpcCode code, string message)
        : this(new GrpcStatus(code, message))
    {
    }

    public GrpcStatus Status { get; } = status;
}
