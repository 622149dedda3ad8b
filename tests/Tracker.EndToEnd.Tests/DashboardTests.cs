using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.EndToEnd.Tests;

public sealed class DashboardTests(PostgresFixture postgres, BrowserFixture browser)
{
    [Theory]
    [InlineData("/")]
    [InlineData("/runs/there-is-none")]
    public async Task Every_address_of_a_page_loads_the_dashboard_without_an_error_of_the_script(string address)
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var page = await browser.NewPageAsync(server.Address);
        var errors = new List<string>();
        page.PageError += (_, error) => errors.Add(error);
        await page.GotoAsync(address);
        await page.Locator("#root > *").First.WaitForAsync();
        (await page.TitleAsync()).ShouldContain("Tracker");
        errors.ShouldBeEmpty();
    }
}
