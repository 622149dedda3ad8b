using Microsoft.Playwright;
using Xunit;

namespace Tracker.EndToEnd.Tests;

/// <summary>One Chromium for all tests, the machine's own, started by the first test that asks for a page.</summary>
public sealed class BrowserFixture : IAsyncLifetime
{
    private static readonly string[] Names =
    [
        "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome.exe", "msedge.exe",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium",
        @"C:\Program Files\Google\Chrome\Application\chrome.exe", @"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
    ];

    private readonly SemaphoreSlim _starting = new(1, 1);
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>A page with cookies and storage of its own.</summary>
    /// <param name="address">Where the page's relative addresses start.</param>
    /// <param name="options">Size, colour scheme and the like; the base address is set here.</param>
    public async Task<IPage> NewPageAsync(Uri address, BrowserNewContextOptions? options = null)
    {
        options ??= new BrowserNewContextOptions();
        options.BaseURL = address.ToString();
        options.Locale ??= "en-US";
        options.ReducedMotion ??= ReducedMotion.Reduce;
        var context = await (await BrowserAsync()).NewContextAsync(options);
        return await context.NewPageAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
        _starting.Dispose();
    }

    private async Task<IBrowser> BrowserAsync()
    {
        await _starting.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            if (_browser is not null) return _browser;
            var program = Tool.Find("Chromium", Names);
            _playwright ??= await Playwright.CreateAsync();
            List<string> arguments =
            [
                "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
                // Containers give little shared memory.
                "--disable-dev-shm-usage",
            ];
            // Chromium's sandbox refuses root.
            if (!OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess) arguments.Add("--no-sandbox");
            _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = program, Headless = true, Args = arguments });
            return _browser;
        }
        finally
        {
            _starting.Release();
        }
    }
}
