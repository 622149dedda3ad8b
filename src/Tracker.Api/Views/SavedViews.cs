using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace Tracker.Api.Views;

/// <summary>Keeps the views of projects.</summary>
public sealed class SavedViews(NpgsqlDataSource database, TimeProvider clock)
{
    /// <summary>Most views of a project.</summary>
    public const int Most = 500;

    private const string Columns = "view_id, name, page, state::text, created_at, updated_at";

    public async Task<IReadOnlyList<SavedViewDto>> ListAsync(long projectKey, CancellationToken cancel)
    {
        await using var command = database.CreateCommand($"select {Columns} from saved_views where project_key = $1 order by lower(name), view_id");
        command.Parameters.AddWithValue(projectKey);
        return await ReadAsync(command, cancel);
    }

    /// <summary>The view as it was kept; null when the project has as many as it may.</summary>
    public async Task<SavedViewDto?> CreateAsync(long projectKey, SaveViewRequest view, CancellationToken cancel)
    {
        await using var command = database.CreateCommand($"""
            insert into saved_views (view_id, project_key, name, page, state, created_at, updated_at)
            select $1, $2, $3, $4, $5, $6, $6 where (select count(*) from saved_views where project_key = $2) < {Most} returning {Columns}
            """);
        command.Parameters.AddWithValue(RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", 10));
        Add(command, projectKey, view);
        return (await ReadAsync(command, cancel)).SingleOrDefault();
    }

    /// <summary>The view as it is now; null when the project has none of this id.</summary>
    public async Task<SavedViewDto?> ChangeAsync(long projectKey, string id, SaveViewRequest view, CancellationToken cancel)
    {
        await using var command = database.CreateCommand($"update saved_views set name = $3, page = $4, state = $5, updated_at = $6 where view_id = $1 and project_key = $2 returning {Columns}");
        command.Parameters.AddWithValue(id);
        Add(command, projectKey, view);
        return (await ReadAsync(command, cancel)).SingleOrDefault();
    }

    /// <summary>Whether there was such a view.</summary>
    public async Task<bool> DeleteAsync(long projectKey, string id, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("delete from saved_views where view_id = $1 and project_key = $2");
        command.Parameters.AddWithValue(id);
        command.Parameters.AddWithValue(projectKey);
        return await command.ExecuteNonQueryAsync(cancel) == 1;
    }

    private void Add(NpgsqlCommand command, long projectKey, SaveViewRequest view)
    {
        command.Parameters.AddWithValue(projectKey);
        command.Parameters.AddWithValue(view.Name!.Trim());
        command.Parameters.AddWithValue(view.Page!);
        command.Parameters.Add(new NpgsqlParameter { Value = view.State!.Value.GetRawText(), NpgsqlDbType = NpgsqlDbType.Jsonb });
        command.Parameters.AddWithValue(clock.GetUtcNow());
    }

    private static async Task<IReadOnlyList<SavedViewDto>> ReadAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var views = new List<SavedViewDto>();
        while (await reader.ReadAsync(cancel))
        {
            views.Add(new SavedViewDto(reader.GetString(0), reader.GetString(1), reader.GetString(2), JsonSerializer.Deserialize<JsonElement>(reader.GetString(3)),
                reader.GetFieldValue<DateTimeOffset>(4), reader.GetFieldValue<DateTimeOffset>(5)));
        }

        return views;
    }
}
