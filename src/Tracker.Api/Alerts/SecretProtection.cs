using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Tracker.Api.Alerts;

/// <summary>
/// Encrypts secrets at rest with ASP.NET Core Data Protection. Its keys lie in the folder that <c>TRACKER_KEYS</c> names (with a private database: <c>keys</c> in
/// its data folder), so that a copy of the database alone opens nothing; where no folder is named they lie in the database, for nodes that share nothing else.
/// </summary>
public static class SecretProtection
{
    private const string KeysFolder = "TRACKER_KEYS";

    public static void AddSecretProtection(this WebApplicationBuilder builder)
    {
        var protection = builder.Services.AddDataProtection().SetApplicationName("Tracker");
        if (builder.Configuration[KeysFolder] is { Length: > 0 } folder)
        {
            protection.PersistKeysToFileSystem(Make(folder));
            return;
        }

        builder.Services.AddSingleton<IConfigureOptions<KeyManagementOptions>>(services =>
            new ConfigureOptions<KeyManagementOptions>(options => options.XmlRepository = new DatabaseKeys(services.GetRequiredService<NpgsqlDataSource>())));
    }

    private static DirectoryInfo Make(string folder)
    {
        try
        {
            var keys = Directory.CreateDirectory(folder);
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(keys.FullName, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            return keys;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new OptionsValidationException(KeysFolder, typeof(SecretProtection), [$"{KeysFolder} names {folder}, which cannot be used: {error.Message}"]);
        }
    }

    private sealed class DatabaseKeys(NpgsqlDataSource database) : IXmlRepository
    {
        public IReadOnlyCollection<XElement> GetAllElements()
        {
            using var command = database.CreateCommand("select xml from protection_keys order by id");
            using var reader = command.ExecuteReader();
            var keys = new List<XElement>();
            while (reader.Read()) keys.Add(XElement.Parse(reader.GetString(0)));
            return keys;
        }

        public void StoreElement(XElement element, string friendlyName)
        {
            using var command = database.CreateCommand("insert into protection_keys (id, xml) values ($1, $2) on conflict (id) do update set xml = excluded.xml");
            command.Parameters.AddWithValue(friendlyName);
            command.Parameters.AddWithValue(element.ToString(SaveOptions.DisableFormatting));
            command.ExecuteNonQuery();
        }
    }
}
