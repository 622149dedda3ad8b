using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Tracker.Api.Alerts;

/// <summary>Authorities that may vouch for mail servers, besides those that the machine trusts.</summary>
public sealed class SmtpAuthorities
{
    private readonly X509Certificate2Collection authorities;

    private SmtpAuthorities(X509Certificate2Collection authorities) => this.authorities = authorities;

    /// <summary>Reads a file of PEM; null when that cannot be done, or when no certificate is in it.</summary>
    public static SmtpAuthorities? Read(string path)
    {
        var found = new X509Certificate2Collection();
        try
        {
            found.ImportFromPemFile(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return null;
        }

        return found.Count == 0 ? null : new SmtpAuthorities(found);
    }

    /// <summary>Whether a server's certificate is to be trusted: its name must be right in any case, and an authority of the machine or of these must vouch for it.</summary>
    internal bool Trusts(object sender, X509Certificate? certificate, X509Chain? presented, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None) return true;
        if (errors != SslPolicyErrors.RemoteCertificateChainErrors || certificate is not X509Certificate2 leaf) return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        // An authority of one's own seldom publishes what it took back.
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.1"));
        if (presented is not null) chain.ChainPolicy.ExtraStore.AddRange(presented.ChainPolicy.ExtraStore);
        return chain.Build(leaf);
    }
}
