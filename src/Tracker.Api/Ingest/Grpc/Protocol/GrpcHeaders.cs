using System.Globalization;
using System.Text;

namespace Tracker.Api.Ingest.Grpc.Protocol;

/// <summary>How gRPC writes its headers and trailers.</summary>
internal static class GrpcHeaders
{
    public const string ContentType = "application/grpc";
    public const string Status = "grpc-status";
    public const string Message = "grpc-message";
    public const string Details = "grpc-status-details-bin";
    public const string Timeout = "grpc-timeout";
    public const string Encoding = "grpc-encoding";
    public const string AcceptEncoding = "grpc-accept-encoding";

    /// <summary>Clients give up on trailers of more than 8 KiB in all.</summary>
    private const int MaxMessageLength = 1_024;

    /// <summary><c>application/grpc</c> or <c>application/grpc+proto</c>, with or without parameters; not <c>+json</c>, not <c>-web</c>.</summary>
    public static bool IsProtobuf(string? contentType)
    {
        var type = contentType.AsSpan();
        var end = type.IndexOf(';');
        if (end >= 0) type = type[..end];
        type = type.Trim();
        return type.Equals(ContentType, StringComparison.OrdinalIgnoreCase) || type.Equals(ContentType + "+proto", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Reads <c>grpc-timeout</c>: at most eight digits and a unit.</summary>
    /// <returns>False when it is malformed.</returns>
    public static bool TryReadTimeout(string text, out TimeSpan timeout)
    {
        timeout = default;
        if (text.Length is < 2 or > 9 || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var amount)) return false;
        long? ticks = text[^1] switch
        {
            'H' => amount * TimeSpan.TicksPerHour,
            'M' => amount * TimeSpan.TicksPerMinute,
            'S' => amount * TimeSpan.TicksPerSecond,
            'm' => amount * TimeSpan.TicksPerMillisecond,
            'u' => amount * TimeSpan.TicksPerMicrosecond,
            'n' => amount / TimeSpan.NanosecondsPerTick,
            _ => null,
        };
        timeout = TimeSpan.FromTicks(ticks ?? 0);
        return ticks is not null;
    }

    /// <summary>UTF-8 with everything but printable ASCII, and the percent sign, as <c>%XX</c>.</summary>
    public static string PercentEncode(string message)
    {
        if (message.Length > MaxMessageLength) message = message[..MaxMessageLength] + "…";
        var encoded = new StringBuilder(message.Length);
        foreach (var b in System.Text.Encoding.UTF8.GetBytes(message))
        {
            if (b is >= 0x20 and <= 0x7E and not (byte)'%') encoded.Append((char)b);
            else encoded.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
        }

        return encoded.ToString();
    }

    /// <summary>Writes a status where a response has it: among the headers when nothing was sent yet, else as trailers.</summary>
    public static void WriteStatus(HttpResponse response, GrpcStatus status)
    {
        if (!response.HasStarted) response.Headers.Remove(Encoding);
        Action<string, string> add = response.HasStarted ? (name, value) => response.AppendTrailer(name, value) : (name, value) => response.Headers[name] = value;
        add(Status, ((int)status.Code).ToString(CultureInfo.InvariantCulture));
        if (status.Message.Length > 0) add(Message, PercentEncode(status.Message));
        if (status.Details is { } details) add(Details, Convert.ToBase64String(details).TrimEnd('='));
        foreach (var (name, value) in status.Trailers) add(name, value);
    }
}
