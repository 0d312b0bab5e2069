package dev.penstock.gateway.admin;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import dev.penstock.browser.LiveBrowser;
import dev.penstock.browser.LiveBrowser.Look;
import dev.penstock.emulator.Emulator;
import dev.penstock.emulator.EmulatorSettings;
import dev.penstock.emulator.FamilyLimits;
import dev.penstock.emulator.Latency;
import dev.penstock.emulator.TwinSettings;
import dev.penstock.gateway.Gateway;
import dev.penstock.gateway.GatewaySettings;
import dev.penstock.gateway.config.GatewayConfig;
import dev.penstock.gateway.config.Upstream;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.time.Ticker;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** The live page of a gateway that works, in a real browser. Screenshots are left in {@code target/screenshots}. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LiveGatewayPageTest {
    private static final Pattern ABOUT_SIXTY = Pattern.compile("[01]?[0-9] of 60");

    private final LiveBrowser browser = new LiveBrowser();
    private final List<AutoCloseable> open = new ArrayList<>();
    private HttpClient client;
    private Gateway gateway;
    private AdminServer admin;

    @BeforeAll
    void startBrowser() throws IOException {
        assumeTrue(LiveBrowser.isInstalled(), LiveBrowser.MISSING);
        browser.start();
    }

    @AfterAll
    void stopBrowser() {
        browser.close();
    }

    @BeforeEach
    void startGateway() {
        client = HttpClient.newHttpClient();
        open.add(client::shutdownNow);
        Emulator upstream = emulator();
        open.add(upstream);
        Telemetry telemetry = new Telemetry(Ticker.system(), InstantSource.system());
        gateway = Gateway.start(
                GatewaySettings.of(GatewayConfig.of(Upstream.passingOn("openai", upstream.baseUri())), 0), telemetry);
        open.add(gateway);
        admin = AdminServer.start(AdminSettings.loopback(0, gateway.baseUri()), telemetry, gateway::snapshot);
        open.add(admin);
    }

    @AfterEach
    void closeAll() throws Exception {
        browser.closePages();
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
        open.clear();
    }

    @Test
    void beforeTheFirstRequestThePageTellsWhatToDo() {
        Page page = browser.visit(admin.uri(), Look.LIGHT);

        assertThat(page.locator("#state")).hasText("Serving");
        assertThat(page.locator("#start-command")).hasText("OPENAI_BASE_URL=" + gateway.baseUri());
        assertThat(page.locator("#waiting-of")).hasText("of 20,000");
        shootAll("live-empty");
    }

    @Test
    void underLoadItShowsTheQueueAndTheLimitThatSetsThePace() {
        first();
        // More of each band than can start at once.
        load("web", "interactive", 90);
        load("nightly-import", "bulk", 40);
        load("reports", "normal", 10);
        Page page = browser.visit(admin.uri(), Look.LIGHT);

        assertThat(page.locator("#waiting")).hasText(Pattern.compile("[5-9][0-9]"));
        assertThat(page.locator("#start")).isHidden();
        Locator quota = LiveBrowser.quota(page, "gpt-4o-mini");
        assertThat(quota.locator(".whose")).hasText("openai · no key");
        assertThat(quota.locator(".binds")).hasCount(1);
        assertThat(quota.locator(".binds .label")).hasText("requests per minute");
        assertThat(quota.locator(".binds .n")).hasText(ABOUT_SIXTY);
        assertThat(quota.locator(".binds .source")).containsText("from headers");
        assertThat(quota.locator(".flow"))
                .hasText(Pattern.compile("\\d+ in flight; \\d+ wait for the limit of 60 requests per minute"));
        assertThat(quota.locator(".trouble")).isHidden();

        Locator tenants = page.locator("#tenants tbody tr");
        assertThat(tenants.filter(LiveBrowser.containing("nightly-import"))
                        .locator("td")
                        .first())
                .hasText(Pattern.compile("[1-9][0-9]"));
        Locator next = page.locator("#next tbody tr");
        assertThat(next.first().locator("th")).hasText("web");
        assertThat(next.first().locator("td").nth(1)).hasText("interactive");
        assertThat(next.first().locator("td").nth(3)).hasText(Pattern.compile("[0-9.]+ m?s"));
        assertThat(next.first().locator("td.why")).hasText("the limit of 60 requests per minute");
        shootAll("live-busy");
    }

    @Test
    void refusalsAreToldWithTheirReasons() {
        first();
        load("web", "normal", 80);
        Page page = browser.visit(admin.uri(), Look.LIGHT);
        // Room that is there at the beginning is used up first.
        assertThat(page.locator("#waiting")).hasText(Pattern.compile("1[0-9]|2[0-4]"));
        List<CompletableFuture<HttpResponse<String>>> late = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            late.add(ask("nightly-import", "normal", 50, "x-request-deadline-ms", "500"));
        }
        // A tenant that comes new is soon served, with one request.
        assertThat(late.stream().filter(each -> each.join().statusCode() == 429))
                .hasSizeGreaterThanOrEqualTo(3);
        assertThat(ask("reports", "normal", 16_000).join().statusCode()).isEqualTo(429);

        Locator rows = page.locator("#refusals tbody tr");
        Locator told = rows.filter(LiveBrowser.containing("no room before the deadline"))
                .filter(LiveBrowser.containing("It would start in"));
        assertThat(told.first()).containsText("the limit of 60 requests per minute");
        Locator large = rows.filter(LiveBrowser.containing("larger than a limit"));
        assertThat(large).containsText("12,000 tokens per minute");
        assertThat(large.locator("th")).containsText("gpt-4o-mini");
        shootAll("live-refused");
    }

    /** It tells the gateway the limits. */
    private void first() {
        assertThat(ask("web", "normal", 50).join().statusCode()).isEqualTo(200);
    }

    private void load(String tenant, String priority, int requests) {
        for (int i = 0; i < requests; i++) {
            CompletableFuture<HttpResponse<String>> unused = ask(tenant, priority, 60 + i % 3);
        }
    }

    private CompletableFuture<HttpResponse<String>> ask(
            String tenant, String priority, int mostTokens, String... more) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(gateway.baseUri() + "/chat/completions"))
                .header("Content-Type", "application/json")
                .header("x-penstock-tenant", tenant)
                .header("x-penstock-priority", priority)
                .POST(HttpRequest.BodyPublishers.ofString("{\"model\":\"gpt-4o-mini\",\"max_completion_tokens\":"
                        + mostTokens + ",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}"));
        HttpRequest whole =
                more.length == 0 ? request.build() : request.headers(more).build();
        return client.sendAsync(whole, HttpResponse.BodyHandlers.ofString());
    }

    /** One request a second, of which 60 may come at once. */
    private static Emulator emulator() {
        return Emulator.start(EmulatorSettings.of(TwinSettings.builder()
                .limits(FamilyLimits.same(List.of(
                        new Limit(Dimension.REQUESTS_PER_MINUTE, 60), new Limit(Dimension.TOKENS_PER_MINUTE, 12_000))))
                .latency(Latency.parse("300ms..1500ms"))
                .build()));
    }

    private void shootAll(String name) {
        for (Look look : Look.values()) {
            Page page = browser.visit(admin.uri(), look);
            assertThat(page.locator("#state")).hasText("Serving");
            assertThat(page.locator("#charts figure")).hasCount(3);
            LiveBrowser.shoot(page, name + "-" + look.name().toLowerCase(Locale.ROOT));
            assertThat(LiveBrowser.overhang(page))
                    .as("what hangs over at the side of %s, %s", name, look)
                    .isEqualTo(0);
        }
        assertThat(browser.complaints).isEmpty();
    }
}
