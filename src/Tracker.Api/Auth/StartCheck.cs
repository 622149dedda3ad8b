using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Tracker.Api.Http;

namespace Tracker.Api.Auth;

/// <summary>Before the server listens: the first key, and no open door by accident.</summary>
public static class StartCheck
{
    public const string AdminKeyFile = "TRACKER_ADMIN_KEY_FILE";

    /// <summary>Takes in the first key, reads the book, and refuses an address that others reach while there are neither keys nor people.</summary>
    /// <exception cref="AccessRefusedException">It must not start like this.</exception>
    public static async Task CheckAccessAsync(this WebApplication app, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(app);
        if (app.Configuration[AdminKeyFile] is { Length: > 0 } file)
        {
            var secret = await ReadOrMakeAsync(file, cancel);
            await app.Services.GetRequiredService<KeyStore>().KeepAdminAsync(secret, cancel);
        }

        var book = app.Services.GetRequiredService<AccessBook>();
        await book.RefreshAsync(cancel);
        if (!book.Now.IsBlank || app.Services.GetRequiredService<IOptions<AccessOptions>>().Value.Open) return;
        if (Bound(app.Configuration).FirstOrDefault(url => !IsLocal(url)) is not { } open) return;
        throw new AccessRefusedException(
            $"{open} can be reached from other machines, and there is no key and no account yet, so anybody could read and write. Give the server its first key: {AdminKeyFile}=/path/to/file "
            + "(made there if it is missing), or run: tracker admin keys create --name first --scope admin. Or listen on 127.0.0.1 only, or set Access:Open=true where a proxy in front asks who people are.");
    }

    /// <summary>Whether only this machine reaches an address: loopback, or a socket in the file system.</summary>
    internal static bool IsLocal(string url)
    {
        var address = BindingAddress.Parse(url);
        if (address.IsUnixPipe || address.IsNamedPipe || address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)) return true;
        return IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip);
    }

    private static IEnumerable<string> Bound(IConfiguration configuration)
    {
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).OfType<string>().ToList();
        if (endpoints.Count > 0) return endpoints;
        return (configuration["urls"] ?? Addresses.Default).Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    private static async Task<string> ReadOrMakeAsync(string file, CancellationToken cancel)
    {
        try
        {
            if (File.Exists(file))
            {
                var text = (await File.ReadAllTextAsync(file, cancel)).Trim();
                if (Secrets.HasShape(text, Secrets.KeyPrefix)) return text;
                throw new AccessRefusedException(
                    $"The file {file} of {AdminKeyFile} holds no key: trk_ and 43 characters of A–Z a–z 0–9 _ -. Remove it to have one made, or write one: echo trk_$(openssl rand -base64 32 | tr '+/' '-_' | tr -d '=') > {file}");
            }

            var secret = Secrets.New(Secrets.KeyPrefix);
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            await using var stream = new StreamWriter(file, options);
            await stream.WriteLineAsync(secret.AsMemory(), cancel);
            return secret;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new AccessRefusedException($"The file {file} of {AdminKeyFile} cannot be read or made: {error.Message}");
        }
    }
}
