using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading.Channels;

namespace Tracker.Api.Tests.Alerts;

/// <summary>A mail as a server got it.</summary>
internal sealed record ReceivedMail(IReadOnlyList<string> Commands, string Data);

/// <summary>A mail server that takes everything, written from RFC 5321.</summary>
internal sealed class MailServer : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly Channel<ReceivedMail> mails = Channel.CreateUnbounded<ReceivedMail>();
    private readonly Task accepting;

    private readonly X509Certificate2? certificate;
    private readonly bool fromTheStart;

    private MailServer(X509Certificate2? certificate, bool fromTheStart = false)
    {
        this.certificate = certificate;
        this.fromTheStart = fromTheStart;
        listener.Start();
        accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>All commands of all conversations.</summary>
    public ConcurrentQueue<string> Commands { get; } = new();

    /// <summary>Commands that came over TLS.</summary>
    public ConcurrentQueue<string> Encrypted { get; } = new();

    public static MailServer Start() => new(null);

    /// <summary>Offers TLS, with a certificate of a new authority.</summary>
    /// <param name="caFile">Where the authority's own certificate is written, PEM.</param>
    /// <param name="name">The address that the server's certificate is for.</param>
    /// <param name="fromTheStart">TLS from the first byte, instead of after <c>STARTTLS</c>.</param>
    public static MailServer StartWithTls(string caFile, string name = "127.0.0.1", bool fromTheStart = false)
    {
        var now = TimeProvider.System.GetUtcNow();
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authority = new CertificateRequest("CN=Authority of the tests", authorityKey, HashAlgorithmName.SHA256);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var root = authority.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        File.WriteAllText(caFile, root.ExportCertificatePem());
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=mail.test", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Parse(name));
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        using var signed = request.Create(root, now.AddHours(-1), now.AddHours(12), [1, 2, 3, 4]);
        using var made = signed.CopyWithPrivateKey(key);
        return new MailServer(X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null), fromTheStart);
    }

    public async Task<ReceivedMail> NextAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        return await mails.Reader.ReadAsync(limit.Token);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync();
                try
                {
                    await TalkAsync(client);
                }
                catch (Exception error) when (error is IOException or AuthenticationException)
                {
                    // The client did not like what it saw and hung up.
                }
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task TalkAsync(TcpClient client)
    {
        if (!fromTheStart)
        {
            if (!await TalkAsync(client.GetStream(), encrypted: false, greet: true)) return;
        }

        await using var tls = new SslStream(client.GetStream());
        await tls.AuthenticateAsServerAsync(certificate!);
        await TalkAsync(tls, encrypted: true, greet: fromTheStart);
    }

    /// <summary>A conversation; true when the client asked for TLS.</summary>
    private async Task<bool> TalkAsync(Stream stream, bool encrypted, bool greet)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8, leaveOpen: true);
        await using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\r\n", AutoFlush = true };
        var commands = new List<string>();
        var data = new StringBuilder();
        if (greet) await writer.WriteLineAsync("220 mail.test");
        while (await reader.ReadLineAsync() is { } line)
        {
            commands.Add(line);
            Commands.Enqueue(line);
            if (encrypted) Encrypted.Enqueue(line);
            switch (line.Split(' ', ':')[0])
            {
                case "EHLO" when certificate is not null && !encrypted:
                    await writer.WriteAsync("250-mail.test\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n");
                    break;
                case "STARTTLS":
                    await writer.WriteLineAsync("220 go on");
                    return true;
                case "EHLO":
                    await writer.WriteAsync("250-mail.test\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME\r\n");
                    break;
                case "AUTH":
                    await writer.WriteLineAsync("235 ok");
                    break;
                case "DATA":
                    await writer.WriteLineAsync("354 go on");
                    while (await reader.ReadLineAsync() is { } text && text != ".") data.Append(text.StartsWith("..", StringComparison.Ordinal) ? text[1..] : text).Append('\n');
                    await writer.WriteLineAsync("250 taken");
                    mails.Writer.TryWrite(new ReceivedMail(commands, data.ToString()));
                    break;
                case "QUIT":
                    await writer.WriteLineAsync("221 bye");
                    return false;
                default:
                    await writer.WriteLineAsync("250 ok");
                    break;
            }
        }

        return false;
    }

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        await accepting;
        certificate?.Dispose();
    }
}
