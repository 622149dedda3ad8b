using Microsoft.EntityFrameworkCore;

namespace Tracker.Api.Storage;

/// <summary>Metadata: projects and runs. Points, histograms and events never pass through here.</summary>
public sealed class TrackerDbContext(DbContextOptions<TrackerDbContext> options) : DbContext(options)
{
    public DbSet<ProjectRow> Projects => Set<ProjectRow>();

    public DbSet<RunRow> Runs => Set<RunRow>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        ArgumentNullException.ThrowIfNull(modelBuilder);
        modelBuilder.Entity<ProjectRow>(project =>
        {
            project.ToTable("projects").HasKey(p => p.ProjectKey);
            project.Property(p => p.ProjectKey).HasColumnName("project_key").UseIdentityAlwaysColumn();
            project.Property(p => p.Name).HasColumnName("name");
            project.Property(p => p.CreatedAt).HasColumnName("created_at");
        });
        modelBuilder.Entity<RunRow>(run =>
        {
            run.ToTable("runs").HasKey(r => r.RunKey);
            run.Property(r => r.RunKey).HasColumnName("run_key").UseIdentityAlwaysColumn();
            run.Property(r => r.ProjectKey).HasColumnName("project_key");
            run.Property(r => r.Id).HasColumnName("id");
            run.Property(r => r.Name).HasColumnName("name");
            run.Property(r => r.State).HasColumnName("state");
            run.Property(r => r.Config).HasColumnName("config").HasColumnType("jsonb");
            run.Property(r => r.Tags).HasColumnName("tags");
            run.Property(r => r.Group).HasColumnName("group");
            run.Property(r => r.JobType).HasColumnName("job_type");
            run.Property(r => r.Notes).HasColumnName("notes");
            run.Property(r => r.Reference).HasColumnName("reference");
            run.Property(r => r.ExitCode).HasColumnName("exit_code");
            run.Property(r => r.CreatedAt).HasColumnName("created_at");
            run.Property(r => r.FinishedAt).HasColumnName("finished_at");
            run.Property(r => r.DeletedAt).HasColumnName("deleted_at");
            run.Property(r => r.ProjectSequence).HasColumnName("project_sequence");
            run.HasOne(r => r.Project).WithMany().HasForeignKey(r => r.ProjectKey);
        });
    }
}

public sealed class ProjectRow
{
    public long ProjectKey { get; init; }

    public required string Name { get; init; }

    public DateTimeOffset CreatedAt { get; init; }
}

public sealed class RunRow
{
    public long RunKey { get; init; }

    public long ProjectKey { get; init; }

    public ProjectRow? Project { get; init; }

    public required string Id { get; init; }

    public required string Name { get; set; }

    public string State { get; set; } = "running";

    /// <summary>A JSON object.</summary>
    public string Config { get; set; } = "{}";

    public string[] Tags { get; set; } = [];

    public string? Group { get; set; }

    public string? JobType { get; set; }

    public string? Notes { get; set; }

    public string? Reference { get; set; }

    public int? ExitCode { get; set; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; set; }

    public DateTimeOffset? DeletedAt { get; set; }

    public long ProjectSequence { get; set; }
}
