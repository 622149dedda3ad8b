using System.Net;
using System.Net.Sockets;
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

    private MailServer()
    {
        listener.Start();
        accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public static MailServer Start() => new();

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
                await TalkAsync(client);
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
            switch (line.Split(' ', ':')[0])
            {
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
    }
}
