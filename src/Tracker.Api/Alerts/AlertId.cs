using System.Security.Cryptography;
using System.Text;
using Tracker.Core.Diagnosis;

namespace Tracker.Api.Alerts;

/// <summary>Ids of alerts, made from what they tell: the same event of the same run has the same id, however often it is folded.</summary>
internal static class AlertId
{
    /// <param name="runKey">The run.</param>
    /// <param name="runSequence">The batch whose folding gave the event: it tells a second rise of the same diagnosis from the first.</param>
    /// <param name="change">The event. Two events of one batch differ in kind, step, severity or top cause, or they are the same message.</param>
    public static Guid Of(long runKey, long runSequence, DiagnosisEvent change)
    {
        var diagnosis = change.Diagnosis;
        return Of($"{runKey}\n{runSequence}\n{diagnosis.Id}\n{change.Kind}\n{diagnosis.Step}\n{diagnosis.Severity}\n{diagnosis.Cause}");
    }

    /// <param name="runKey">The run.</param>
    /// <param name="runSequence">The batch that gave it.</param>
    /// <param name="what">What else tells it from others of that batch.</param>
    public static Guid Of(long runKey, long runSequence, string what) => Of($"{runKey}\n{runSequence}\n{what}");

    private static Guid Of(string text)
    {
        var bytes = SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16);
        // Version 8 of RFC 9562: a UUID of one's own making.
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }
}
