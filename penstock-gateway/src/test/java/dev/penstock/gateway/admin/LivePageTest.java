package dev.penstock.gateway.admin;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.microsoft.playwright.Page;
import dev.penstock.browser.LiveBrowser;
import dev.penstock.browser.LiveBrowser.Look;
import dev.penstock.gateway.GatewaySnapshot;
import dev.penstock.gateway.Outcome;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** The live page in a real browser. Screenshots are left in {@code target/screenshots}. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LivePageTest {
    private static final URI CLIENT_BASE_URL = URI.create("http://127.0.0.1:8429/v1");

    private final LiveBrowser browser = new LiveBrowser();
    private final List<String> complaints = browser.complaints;
    private final List<AutoCloseable> open = new ArrayList<>();

    @BeforeAll
    void startBrowser() throws IOException {
        assumeTrue(LiveBrowser.isInstalled(), LiveBrowser.MISSING);
        browser.start();
    }

    @AfterAll
    void stopBrowser() {
        browser.close();
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
    void anEmptyGatewayTellsWhatToDo() {
        Page page = visit(Scene.empty(), Look.LIGHT);

        assertThat(page.locator("#state")).hasText("Serving");
        assertThat(page.locator("#start")).isVisible();
        assertThat(page.locator("#start-command")).hasText("OPENAI_BASE_URL=http://127.0.0.1:8429/v1");
        assertThat(page.locator("#tenants-empty")).isVisible();
        assertThat(page.locator("#next-empty")).isVisible();
        assertThat(page.locator("#refusals-empty")).isVisible();
        assertThat(page.locator("#waiting")).hasText("0");
        assertThat(page.locator("#charts figure")).hasCount(3);
        assertThat(complaints).isEmpty();
    }

    @Test
    void aBusyGatewayShowsItsLimitsItsQueueAndItsPast() {
        Page page = visit(Scene.busy(), Look.LIGHT);

        assertThat(page.locator("#waiting")).hasText("340");
        assertThat(page.locator("#waiting-of")).hasText("of 20,000");
        assertThat(page.locator("#bytes")).hasText("1.3 MB");
        assertThat(page.locator("#start")).isHidden();
        assertThat(page).hasTitle("340 waiting · Penstock gateway");

        assertThat(page.locator(".quota")).hasCount(3);
        assertThat(page.locator(".binds")).hasCount(2);
        var mini = LiveBrowser.quota(page, "gpt-4o-mini");
        assertThat(mini.locator(".binds .label")).hasText("requests per minute");
        assertThat(mini.locator(".binds .n")).hasText("4 of 500");
        assertThat(mini.locator(".pace")).hasText("491 requests, 153,682 tokens / min");
        assertThat(mini.locator(".flow"))
                .hasText("11 in flight of 64 at most; 331 wait for the limit of 500 requests per minute");
        assertThat(mini.locator(".trouble")).isHidden();
        assertThat(LiveBrowser.quota(page, "gpt-4o").locator(".binds .n")).hasText("−1,240 of 30,000");
        assertThat(LiveBrowser.quota(page, "gpt-4o").locator(".binds .source"))
                .hasText("from headers · others take 42 %");
        assertThat(LiveBrowser.quota(page, "gpt-4o").locator(".flow"))
                .hasText("2 in flight of 32 at most; 9 wait for the limit of 30,000 tokens per minute");
        assertThat(LiveBrowser.quota(page, "text-embedding-3-small").locator(".flow"))
                .hasText("0 in flight; nothing waits");

        assertThat(page.locator("#tenants tbody tr")).hasCount(4);
        var importing = page.locator("#tenants tbody tr").filter(LiveBrowser.containing("nightly-import"));
        assertThat(importing.locator("td").nth(0)).hasText("280");
        assertThat(importing.locator("td").nth(2)).hasText("3 min 12 s");
        assertThat(importing.locator("td.budget")).hasText("$3.12 of $20.00 today");

        assertThat(page.locator("#next tbody tr")).hasCount(8);
        var first = page.locator("#next tbody tr").first();
        assertThat(first.locator("td").nth(3)).hasText("0.1 s");
        assertThat(first.locator("td.why")).hasText("the limit of 500 requests per minute");

        assertThat(page.locator("#charts figure").first().locator(".words"))
                .hasText(Pattern.compile("[0-9,]+ answered, 1 × 429 from upstream"));
        assertThat(inked(page)).as("charts that show a line").isEqualTo(3);
        assertThat(complaints).isEmpty();
    }

    @Test
    void refusalsAreToldInPlainWordsAndNothingOfThemIsMarkup() {
        Page page = visit(Scene.refused(), Look.LIGHT);

        var rows = page.locator("#refusals tbody tr");
        assertThat(rows.filter(LiveBrowser.containing("larger than a limit")))
                .containsText("41,200 tokens and the limit is 30,000 tokens per minute");
        assertThat(rows.filter(LiveBrowser.containing("no room before the deadline"))
                        .first())
                .containsText("nightly-import");
        assertThat(rows.filter(LiveBrowser.containing("queue full")).first())
                .containsText(Pattern.compile("[0-9]+ times"));
        assertThat(rows.filter(LiveBrowser.containing("failed upstream"))).containsText("<b>web</b>");
        assertThat(page.locator("#refusals b")).hasCount(0);
        assertThat(LiveBrowser.quota(page, "gpt-4o-mini").locator(".trouble")).containsText("cannot be reached since");
        assertThat(page.locator("#next tbody td").nth(3)).hasText("unknown");
        assertThat(complaints).isEmpty();
    }

    @Test
    void ofTooMuchTheRestIsCounted() {
        Page page = visit(Scene.crowded(), Look.LIGHT);

        assertThat(page.locator(".quota")).hasCount(StateJson.MOST_QUOTAS);
        assertThat(page.locator("#quotas-more")).hasText("And 16 quotas with less work.");
        assertThat(page.locator("#tenants tbody tr")).hasCount(StateJson.MOST_TENANTS);
        assertThat(page.locator("#tenants-more")).hasText("And 20 tenants with less work.");
        assertThat(page.locator("#next tbody tr")).hasCount(StateJson.MOST_NEXT_UP);
        assertThat(complaints).isEmpty();
    }

    @Test
    void aGatewayThatStopsSaysSo() {
        Page page = visit(Scene.stopping(), Look.LIGHT);

        assertThat(page.locator("#state")).hasText("Stopping: running calls finish, nothing new is taken");
        assertThat(page.locator("#running")).hasText("3");
        assertThat(page.locator("#quotas-empty")).isVisible();
        assertThat(complaints).isEmpty();
    }

    @Test
    void thePageFollowsWithoutAReload() {
        Scene scene = Scene.empty();
        Page page = visit(scene, Look.LIGHT);
        assertThat(page.locator("#start")).isVisible();

        scene.snapshot = Scene.busySnapshot();
        scene.telemetry.ended(Scene.answered("web", "gpt-4o-mini", 10, 10));
        scene.telemetry.ended(Scene.ended(Outcome.REFUSED_BUDGET, "web", "gpt-4o-mini", "the budget is spent"));

        assertThat(page.locator("#start")).isHidden();
        assertThat(page.locator(".quota")).hasCount(3);
        assertThat(page.locator("#refusals tbody tr")).hasCount(1);
        assertThat(complaints).isEmpty();
    }

    @Test
    void whatStaysKeepsItsElementSoThatNothingJumps() {
        Scene scene = Scene.busy();
        Page page = visit(scene, Look.LIGHT);
        assertThat(page.locator(".quota")).hasCount(3);
        page.evaluate("document.querySelectorAll('.quota, .levels li, tbody tr').forEach(each => each.mark = true)");

        GatewaySnapshot before = scene.snapshot;
        scene.snapshot = new GatewaySnapshot(
                false,
                12,
                341,
                before.maxWaiting(),
                before.waitingBytes(),
                before.maxWaitingBytes(),
                before.quotas().reversed(),
                before.tenants().reversed(),
                before.nextUp());

        assertThat(page.locator("#waiting")).hasText("341");
        assertThat(
                        page.evaluate(
                                "[...document.querySelectorAll('.quota, .levels li, tbody tr')].filter(each => !each.mark).length"))
                .isEqualTo(0);
    }

    @Test
    void aQueueThatDrainsMovesNothingBelowIt() {
        Scene scene = Scene.busy();
        Page page = visit(scene, Look.LIGHT);
        assertThat(page.locator("#next tbody tr")).hasCount(8);
        double before = page.locator("#refusals-title").boundingBox().y;

        GatewaySnapshot busy = scene.snapshot;
        scene.snapshot = new GatewaySnapshot(
                false, 12, 0, 20_000, 0, busy.maxWaitingBytes(), busy.quotas(), List.of(), List.of());

        assertThat(page.locator("#next-empty")).isVisible();
        assertThat(page.locator("#tenants-empty")).isVisible();
        assertThat(page.locator("#refusals-title").boundingBox().y).isEqualTo(before);
    }

    @Test
    void pointingAtOneChartReadsAllOfThemAtThatSecond() {
        Page page = visit(Scene.busy(), Look.LIGHT);
        var queue = page.locator("#charts figure").nth(2);
        assertThat(queue.locator(".value").first()).hasText("340");

        page.locator("#charts .u-over").first().hover();

        assertThat(queue.locator(".ago")).hasText(Pattern.compile("1[45][0-9] s ago"));
        assertThat(queue.locator(".value").first()).hasText(Pattern.compile("1[78][0-9]"));
    }

    @Test
    void aGatewayThatIsGoneIsGreyedAndComesBackByItself() {
        Scene scene = Scene.busy();
        AdminServer server = serve(scene, 0);
        Page page = visit(server.uri(), Look.LIGHT);
        assertThat(page.locator("#waiting")).hasText("340");
        assertThat(complaints).isEmpty();

        server.close();
        assertThat(page.locator("#state")).hasText("The gateway cannot be reached");
        assertThat(page.locator("#last-seen")).hasText(Pattern.compile("last seen [0-9]+ s ago, trying again"));
        assertThat(page.locator("body")).hasAttribute("data-state", "gone");
        assertThat(page.locator("#waiting")).hasText("340");
        LiveBrowser.shoot(page, "gone-light");

        serve(scene, server.port());
        assertThat(page.locator("#state")).hasText("Serving");
        assertThat(page.locator("#last-seen")).hasText("");
        // A browser says itself that it could not connect; the page must have nothing to add.
        assertThat(complaints).allMatch(text -> text.contains("Failed to load resource"));
    }

    @Test
    void aReloadShowsThePastMinutesAgain() {
        Page page = visit(Scene.busy(), Look.LIGHT);
        assertThat(page.locator("#waiting")).hasText("340");
        String before = page.locator("#charts figure").first().locator(".words").textContent();

        page.reload();

        assertThat(page.locator("#charts figure").first().locator(".words")).hasText(before);
    }

    @Test
    void thePageFitsEveryWidthAndScheme() {
        Map<String, Scene> scenes = Map.of(
                "empty", Scene.empty(),
                "busy", Scene.busy(),
                "refused", Scene.refused(),
                "crowded", Scene.crowded());
        scenes.forEach((name, scene) -> {
            AdminServer server = serve(scene, 0);
            for (Look look : Look.values()) {
                Page page = visit(server.uri(), look);
                assertThat(page.locator("#state")).hasText("Serving");
                assertThat(page.locator("#charts figure")).hasCount(3);
                LiveBrowser.shoot(page, name + "-" + look.name().toLowerCase(Locale.ROOT));
                assertThat(LiveBrowser.overhang(page))
                        .as("what hangs over at the side of %s, %s", name, look)
                        .isEqualTo(0);
            }
        });
        assertThat(complaints).isEmpty();
    }

    private AdminServer serve(Scene scene, int port) {
        AdminServer server =
                AdminServer.start(AdminSettings.loopback(port, CLIENT_BASE_URL), scene.telemetry, () -> scene.snapshot);
        open.add(server);
        return server;
    }

    private Page visit(Scene scene, Look look) {
        return visit(serve(scene, 0).uri(), look);
    }

    private Page visit(URI uri, Look look) {
        return browser.visit(uri, look);
    }

    /** How many canvases hold more than one colour in their middle, that is, something beside the ground. */
    private static Object inked(Page page) {
        return page.evaluate("() => [...document.querySelectorAll('#charts canvas')].filter(canvas => {"
                + " const middle = canvas.getContext('2d').getImageData(canvas.width / 2, 0, 20, canvas.height).data;"
                + " const colours = new Set();"
                + " for (let i = 0; i < middle.length; i += 4) colours.add(middle.slice(i, i + 4).join());"
                + " return colours.size > 3; }).length");
    }
}
