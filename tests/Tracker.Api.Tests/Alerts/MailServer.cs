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

    private MailServer(X509Certificate2? certificate)
    {
        this.certificate = certificate;
        listener.Start();
        accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>All commands of all conversations.</summary>
    public ConcurrentQueue<string> Commands { get; } = new();

    public static MailServer Start() => new(null);

    /// <summary>Offers STARTTLS, with a certificate that nobody trusts.</summary>
    public static MailServer StartWithOwnCertificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var made = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        return new MailServer(X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null));
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
        using var reader = new StreamReader(client.GetStream(), Encoding.UTF8);
        await using var writer = new StreamWriter(client.GetStream(), new UTF8Encoding(false)) { NewLine = "\r\n", AutoFlush = true };
        var commands = new List<string>();
        var data = new StringBuilder();
        await writer.WriteLineAsync("220 mail.test");
        while (await reader.ReadLineAsync() is { } line)
        {
            commands.Add(line);
            Commands.Enqueue(line);
            switch (line.Split(' ', ':')[0])
            {
                case "EHLO" when certificate is not null:
                    await writer.WriteAsync("250-mail.test\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n");
                    break;
                case "STARTTLS":
                    await writer.WriteLineAsync("220 go on");
                    await using (var tls = new SslStream(client.GetStream())) await tls.AuthenticateAsServerAsync(certificate!);
                    return;
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
                    return;
                default:
                    await writer.WriteLineAsync("250 ok");
                    break;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        await accepting;
        certificate?.Dispose();
    }
}
