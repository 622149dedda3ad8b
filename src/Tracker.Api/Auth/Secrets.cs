using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Tracker.Api.Auth;

/// <summary>
/// SHA-256 of a secret. A secret holds 256 random bits, so a fast hash is enough: nobody can try them out, and neither a salt nor a slow hash would make it harder. Looking a hash up
/// tells by its time at most something of the hash of what was tried, of which nothing follows for the secret.
/// </summary>
public readonly record struct SecretHash(UInt128 High, UInt128 Low)
{
    public static SecretHash Of(ReadOnlySpan<char> secret)
    {
        Span<byte> text = stackalloc byte[Encoding.UTF8.GetMaxByteCount(Math.Min(secret.Length, Secrets.MaxLength))];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text[..Encoding.UTF8.GetBytes(secret[..Math.Min(secret.Length, Secrets.MaxLength)], text)], hash);
        return Read(hash);
    }

    public static SecretHash Read(ReadOnlySpan<byte> hash) => new(BinaryPrimitives.ReadUInt128BigEndian(hash), BinaryPrimitives.ReadUInt128BigEndian(hash[16..]));

    public byte[] ToArray()
    {
        var hash = new byte[SHA256.HashSizeInBytes];
        BinaryPrimitives.WriteUInt128BigEndian(hash, High);
        BinaryPrimitives.WriteUInt128BigEndian(hash.AsSpan(16), Low);
        return hash;
    }

    public override int GetHashCode() => (int)Low;
}

/// <summary>Secrets that the server makes: a prefix that says what it is, for people and for scanners of leaked secrets, and 256 random bits as 43 characters of <c>[A-Za-z0-9_-]</c>.</summary>
public static class Secrets
{
    public const string KeyPrefix = "trk_";
    public const string SessionPrefix = "trs_";
    public const string InvitationPrefix = "tri_";
    public const string SharePrefix = "trl_";

    /// <summary>Nothing longer is a secret of ours.</summary>
    internal const int MaxLength = 64;

    private const int RandomLength = 43;
    private const int ShownLength = 4;

    public static string New(string prefix) => prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    public static bool HasShape(ReadOnlySpan<char> text, string prefix)
    {
        if (text.Length != prefix.Length + RandomLength || !text.StartsWith(prefix, StringComparison.Ordinal)) return false;
        foreach (var c in text[prefix.Length..])
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-')) return false;
        }

        return true;
    }

    /// <summary>What is kept of a key to know it again: <c>trk_Ab3d</c>.</summary>
    public static string Shown(string secret) => secret[..(KeyPrefix.Length + ShownLength)];
}
