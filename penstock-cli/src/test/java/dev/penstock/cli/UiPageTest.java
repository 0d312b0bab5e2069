package dev.penstock.cli;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.microsoft.playwright.Download;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import dev.penstock.browser.LiveBrowser;
import dev.penstock.browser.LiveBrowser.Look;
import dev.penstock.cli.ui.UiServer;
import dev.penstock.simulator.Result;
import dev.penstock.simulator.Scenario;
import dev.penstock.simulator.Simulation;
import dev.penstock.simulator.strategy.Strategies;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import picocli.CommandLine;

/** The simulator's page in a real browser, moved as a person would. Screenshots are left in {@code target/screenshots}. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class UiPageTest {
    private final LiveBrowser browser = new LiveBrowser();
    private final UiServer server =
            UiServer.start(0, new SimulatorPages(Console.bare().shell()));

    @BeforeAll
    void startBrowser() throws IOException {
        assumeTrue(LiveBrowser.isInstalled(), LiveBrowser.MISSING);
        browser.start();
    }

    @AfterAll
    void stop() {
        browser.close();
        server.close();
    }

    @AfterEach
    void closePages() {
        browser.closePages();
    }

    @Test
    void totalsAreThoseOfTheEngine() {
        Page page = visit("", Look.LIGHT);
        List<String> command = command(page);
        Locator rows = page.locator("#compared tbody tr");
        assertThat(rows).hasCount(5);
        for (Result result : played(command)) {
            Locator row = rows.filter(
                    new Locator.FilterOptions().setHasText(Pattern.compile("^" + title(result.strategy()) + "\\d")));
            assertThat(row.locator("td").nth(0)).hasText(count(result.accepted()));
            assertThat(row.locator("td").nth(1)).hasText(count(result.givenUp()));
            assertThat(row.locator("td").nth(2)).hasText(count(result.rejected()));
        }
        Result tenacity = played(command).stream()
                .filter(each -> each.strategy().equals("tenacity"))
                .findFirst()
                .orElseThrow();
        assertThat(page.locator("#chosen-name")).hasText("tenacity");
        assertThat(page.locator("#processed")).hasText(count(tenacity.processed()));
        assertThat(page.locator("#accepted")).hasText(count(tenacity.accepted()));
        assertThat(page.locator("#rejected")).hasText(count(tenacity.rejected()));
        assertThat(page.locator("#situation")).containsText("RPM binds: Tier 1 carries 500 a minute");
        assertThat(browser.complaints).isEmpty();
    }

    @Test
    void aSliderThatIsMovedChangesTheTrafficTheTotalsAndTheAddress() {
        Page page = visit("", Look.LIGHT);
        String before = page.locator("#processed").textContent();
        Locator rate = page.getByLabel("Requests a second");
        rate.focus();
        rate.press("ArrowRight");
        rate.press("ArrowRight");
        assertThat(page).hasURL(Pattern.compile("#simulator\\?rate=20$"));
        assertThat(page.locator("#command")).containsText("--rate 20 ");
        assertThat(page.locator("#processed")).not().hasText(before);
        Result tenacity = played(command(page)).get(2);
        assertThat(page.locator("#processed")).hasText(count(tenacity.processed()));
        assertThat(page.locator("#rejected")).hasText(count(tenacity.rejected()));

        page.getByLabel("Requests a minute").press("ArrowLeft");
        assertThat(page.locator("[name=tier]")).hasValue("own");
        assertThat(page.locator("#command")).containsText("--rpm 400 --tpm 200000");
    }

    @Test
    void anAddressCarriesAllSettings() {
        String address = "#simulator?rate=3&jitter=0&duration=60&tokens=2000&model=gpt-4o&tier=2&seed=7"
                + "&strategies=none,semaphore,penstock&workers=5&selected=penstock";
        Page page = visit(address, Look.LIGHT);
        assertThat(page.locator("#command"))
                .hasText("penstock simulate --rate 3 --jitter 0 --duration 1m --tokens 2000 --latency 1s --model gpt-4o"
                        + " --tier 2 --shape bucket --strategy none,semaphore:5,penstock --seed 7");
        assertThat(page.locator("#multiples figure")).hasCount(3);
        assertThat(page.locator("#chosen-name")).hasText("Penstock");
        page.locator("#multiples button").first().click();
        assertThat(page.locator("#chosen-name")).hasText("No retry");
        assertThat(page).hasURL(Pattern.compile("selected=none"));
    }

    @Test
    void theTimeIsPlayedSteppedAndDragged() {
        Page page = visit("#simulator?rate=15&strategies=none&selected=none", Look.LIGHT);
        assertThat(page.locator("#clock")).hasText(Pattern.compile("of 3 min"));
        page.locator("#step").click();
        page.locator("#step").click();
        assertThat(page.locator("#clock")).hasText(Pattern.compile("^2 s of "));
        int atTwo = number(page.locator("#processed"));
        assertThat(atTwo).isBetween(20, 40);
        page.locator("#play").click();
        assertThat(page.locator("#play")).hasText("Pause");
        assertThat(page.locator("#processed")).not().hasText(Integer.toString(atTwo));
        page.locator("#play").click();
        assertThat(page.locator("#play")).hasText("Play");
        page.locator("#time").press("End");
        assertThat(page.locator("#processed"))
                .hasText(count(played(command(page)).getFirst().processed()));
    }

    @Test
    void whatIsTooMuchIsSaidAndThePageGoesOn() {
        Page page = visit("#simulator?rate=1000&duration=3600&strategies=none", Look.LIGHT);
        assertThat(page.locator("#trouble")).containsText("more than 300,000 requests");
        page.getByText("Back to the beginning").click();
        assertThat(page.locator("#trouble")).isHidden();
        assertThat(page.locator("#compared tbody tr")).hasCount(5);
    }

    @Test
    void theTableIsSavedAndTiersLeadBackToTheSimulator() throws IOException {
        Page page = visit("", Look.LIGHT);
        assertThat(page.locator("#compared tbody tr")).hasCount(5);
        Download csv = page.waitForDownload(() -> page.getByText("Table as CSV").click());
        assertThat(Files.readAllLines(csv.path())).hasSize(6).first().asString().startsWith("strategy,");
        page.getByText("Tiers").click();
        assertThat(page.locator("#simulator")).isHidden();
        page.locator("#tiers-model").selectOption("gpt-4o");
        page.locator("#tier-table tbody tr")
                .filter(new Locator.FilterOptions().setHasText(Pattern.compile("^gpt-4o2")))
                .first()
                .getByText("Simulate")
                .click();
        assertThat(page.locator("#simulator")).isVisible();
        assertThat(page.locator("#command")).containsText("--model gpt-4o --tier 2");
        assertThat(browser.complaints).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Look.class)
    void everyLookFits(Look look) {
        Page page =
                visit("#simulator?strategies=none,fixed-sleep,exponential,tenacity,backoff,sdk,penstock,batch", look);
        assertThat(page.locator("#multiples figure")).hasCount(8);
        assertThat(LiveBrowser.overhang(page)).isEqualTo(0);
        LiveBrowser.shoot(page, "simulator-" + look.name().toLowerCase(Locale.ROOT));
        page.evaluate("location.hash = '#tiers'");
        assertThat(page.locator("#tier-table tbody tr").first()).isVisible();
        assertThat(LiveBrowser.overhang(page)).isEqualTo(0);
        LiveBrowser.shoot(page, "tiers-" + look.name().toLowerCase(Locale.ROOT));
        assertThat(browser.complaints).isEmpty();
    }

    @Test
    void strangersAndFilesAreRefused() throws IOException, InterruptedException {
        URI simulate = server.uri().resolve("/api/simulate?a=--log&a=/etc/hostname");
        assertThat(get(simulate))
                .isEqualTo("400 {\"error\":\"A page reads and writes no files; use penstock simulate in a"
                        + " terminal.\"}");
        assertThat(get(server.uri().resolve("/api/simulate?a=--rate&a=-3"))).startsWith("400 {\"error\":\"--rate");
        assertThat(get(server.uri().resolve("/nothing"))).startsWith("404 ");
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest post = HttpRequest.newBuilder(server.uri())
                    .POST(HttpRequest.BodyPublishers.ofString("x"))
                    .build();
            assertThat(client.send(post, BodyHandlers.ofString()).statusCode()).isEqualTo(405);
        }
    }

    private Page visit(String address, Look look) {
        Page page = browser.visit(URI.create(server.uri() + address), look);
        assertThat(page.locator("#command")).containsText("penstock simulate");
        return page;
    }

    private static String get(URI uri) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            var reply = client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
            return reply.statusCode() + " " + reply.body();
        }
    }

    private static List<String> command(Page page) {
        assertThat(page.locator("body")).not().hasClass(Pattern.compile("busy"));
        String text = page.locator("#command").textContent();
        return List.of(text.substring("penstock simulate ".length()).split(" "));
    }

    /** What the command of the page gives without the page. */
    private static List<Result> played(List<String> arguments) {
        SimulateCommand command = new SimulateCommand(Console.bare().shell());
        CommandLine line = new CommandLine(command);
        Penstock.readNumbers(line);
        var unused = line.parseArgs(arguments.toArray(String[]::new));
        Scenario scenario = SimulateOptions.scenario(command);
        return command.strategies.stream()
                .map(name -> Simulation.run(scenario, name, Strategies.of(name, scenario)))
                .toList();
    }

    private static String title(String strategy) {
        return switch (strategy) {
            case "none" -> "No retry";
            case "exponential" -> "Backoff without jitter";
            case "semaphore-retry:10" -> "Semaphore and retry";
            case "penstock" -> "Penstock";
            default -> strategy;
        };
    }

    private static int number(Locator locator) {
        return Integer.parseInt(locator.textContent().replace(",", ""));
    }

    private static String count(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }
}
