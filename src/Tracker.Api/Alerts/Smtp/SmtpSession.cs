using System.Net.Security;
using System.Text;

namespace Tracker.Api.Alerts;

/// <summary>The server said no: the code tells whether later is worth a try (4xx) or not (5xx).</summary>
public sealed class SmtpException(int code, string text) : IOException($"SMTP {code}: {text}")
{
    public int Code => code;
}

/// <summary>
/// One conversation with a mail server (RFC 5321, STARTTLS RFC 3207, AUTH RFC 4954): hello, TLS, who we are, one message, goodbye. Lines and answers are bounded;
/// the caller sets the time limit.
/// </summary>
internal sealed class SmtpSession(Stream connection) : IAsyncDisposable
{
    private const int MostAnswer = 16 * 1024;

    private readonly byte[] buffer = new byte[4096];
    private Stream stream = connection;
    private int start;
    private int end;
    private HashSet<string> offers = new(StringComparer.OrdinalIgnoreCase);
    private string mechanisms = "";

    public async Task SendAsync(SmtpSettings settings, string mail, CancellationToken cancel)
    {
        var encrypted = false;
        if (settings.Security == SmtpSecurity.Tls || (settings.Security == SmtpSecurity.Auto && settings.Port == 465))
        {
            await EncryptAsync(settings, cancel);
            encrypted = true;
        }

        await ExpectAsync(220, cancel);
        await HelloAsync(cancel);
        if (!encrypted && settings.Security is SmtpSecurity.Auto or SmtpSecurity.StartTls)
        {
            if (offers.Contains("STARTTLS"))
            {
                await CommandAsync("STARTTLS", 220, cancel);
                // What came in the clear after the answer would be taken as said over TLS (CVE-2011-0411 and its kin).
                (start, end) = (0, 0);
                await EncryptAsync(settings, cancel);
                encrypted = true;
                await HelloAsync(cancel);
            }
            else if (settings.Security == SmtpSecurity.StartTls)
            {
                throw new SmtpException(502, "the server offers no STARTTLS");
            }
        }

        if (!string.IsNullOrEmpty(settings.User)) await LogInAsync(settings, encrypted, cancel);
        await CommandAsync($"MAIL FROM:<{AddressOf(settings.From)}>", 250, cancel);
        foreach (var to in settings.To) await CommandAsync($"RCPT TO:<{AddressOf(to)}>", 250, cancel, 251);
        await CommandAsync("DATA", 354, cancel);
        // A line that begins with a dot gets another one.
        var text = mail.Replace("\r\n.", "\r\n..", StringComparison.Ordinal);
        await WriteAsync((text.StartsWith('.') ? "." : "") + text + (text.EndsWith("\r\n", StringComparison.Ordinal) ? "" : "\r\n") + ".\r\n", cancel);
        await ExpectAsync(250, cancel);
        // It is delivered by now, whatever the goodbye brings.
        try
        {
            await CommandAsync("QUIT", 221, cancel);
        }
        catch (IOException)
        {
        }
    }

    public ValueTask DisposeAsync() => stream.DisposeAsync();

    /// <summary>The address of <c>Name &lt;address&gt;</c>.</summary>
    internal static string AddressOf(string mailbox) => mailbox.LastIndexOf('<') is >= 0 and var at && mailbox.EndsWith('>') ? mailbox[(at + 1)..^1] : mailbox;

    private async Task HelloAsync(CancellationToken cancel)
    {
        var lines = await CommandAsync("EHLO tracker", 250, cancel);
        offers = new(lines.Skip(1).Select(line => line.Split(' ', 2)[0]), StringComparer.OrdinalIgnoreCase);
        mechanisms = lines.FirstOrDefault(line => line.StartsWith("AUTH", StringComparison.OrdinalIgnoreCase)) ?? "";
    }

    private async Task LogInAsync(SmtpSettings settings, bool encrypted, CancellationToken cancel)
    {
        if (!encrypted && settings.Security != SmtpSecurity.None) throw new SmtpException(538, "the server offers no TLS, so the password was not sent");
        var (user, password) = (settings.User!, settings.Password ?? "");
        if (mechanisms.Contains("PLAIN", StringComparison.OrdinalIgnoreCase) || !mechanisms.Contains("LOGIN", StringComparison.OrdinalIgnoreCase))
        {
            await CommandAsync("AUTH PLAIN " + Encode($"\0{user}\0{password}"), 235, cancel);
            return;
        }

        await CommandAsync("AUTH LOGIN", 334, cancel);
        await CommandAsync(Encode(user), 334, cancel);
        await CommandAsync(Encode(password), 235, cancel);
    }

    private static string Encode(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private async Task EncryptAsync(SmtpSettings settings, CancellationToken cancel)
    {
        var tls = new SslStream(stream, leaveInnerStreamOpen: false);
        stream = tls;
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = settings.Host,
            RemoteCertificateValidationCallback = settings.Authorities is { } authorities ? authorities.Trusts : null,
        }, cancel);
    }

    private async Task<List<string>> CommandAsync(string command, int expected, CancellationToken cancel, int also = 0)
    {
        await WriteAsync(command + "\r\n", cancel);
        return await ExpectAsync(expected, cancel, also);
    }

    private async Task WriteAsync(string text, CancellationToken cancel)
    {
        await stream.WriteAsync(Encoding.UTF8.GetBytes(text), cancel);
        await stream.FlushAsync(cancel);
    }

    /// <summary>Reads an answer, all its lines, and gives back their texts.</summary>
    private async Task<List<string>> ExpectAsync(int expected, CancellationToken cancel, int also = 0)
    {
        var lines = new List<string>();
        for (var read = 0; read < MostAnswer;)
        {
            var line = await LineAsync(cancel);
            read += line.Length + 2;
            if (line.Length < 3 || !int.TryParse(line.AsSpan(0, 3), out var code)) throw new SmtpException(500, "the answer is not SMTP");
            lines.Add(line.Length > 4 ? line[4..] : "");
            if (line.Length > 3 && line[3] == '-') continue;
            if (code == expected || code == also) return lines;
            throw new SmtpException(code, new string([.. string.Join(' ', lines).Take(200).Select(c => char.IsControl(c) ? ' ' : c)]));
        }

        throw new SmtpException(500, "the answer has no end");
    }

    private async Task<string> LineAsync(CancellationToken cancel)
    {
        var line = new StringBuilder();
        while (line.Length < MostAnswer)
        {
            if (start == end)
            {
                (start, end) = (0, await stream.ReadAsync(buffer, cancel));
                if (end == 0) throw new IOException("the mail server hung up");
            }

            var next = buffer[start++];
            if (next == '\n') return line.ToString().TrimEnd('\r');
            line.Append((char)next);
        }

        throw new SmtpException(500, "a line of the answer has no end");
    }
}
