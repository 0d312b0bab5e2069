package dev.penstock.benchmarks;

import com.microsoft.playwright.Page;
import dev.penstock.benchmarks.Scorecard.Bound;
import dev.penstock.browser.LiveBrowser;
import dev.penstock.browser.LiveBrowser.Look;
import java.io.IOException;
import java.net.URI;
import java.util.Arrays;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code penstock ui} in headless Chromium: how soon the page is there, and how smoothly it plays. */
final class UiPage {
    private static final Pattern PORT = Pattern.compile("\\d{2,5}");
    private static final int VISITS = 5;
    private static final String STRATEGIES =
            "none,fixed-sleep,exponential,tenacity,backoff,sdk,semaphore,semaphore-retry,retry-after,penstock";

    /** Frames in five seconds of playing, as a page sees them. */
    private static final String PLAY = """
            () => new Promise((done) => {
              const frames = [];
              document.getElementById('play').click();
              const start = performance.now();
              const frame = (now) => {
                frames.push(now);
                if (now - start < 5000) {
                  requestAnimationFrame(frame);
                } else {
                  done((frames.length - 1) / ((frames.at(-1) - frames[0]) / 1000));
                }
              };
              requestAnimationFrame(frame);
            })""";

    private static final String FIRST_PAINT =
            "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN";

    private UiPage() {}

    static void run(Bench bench) throws IOException {
        try (Program program = Program.start(bench.root(), bench.log(), Map.of(), "ui", "--port", "0");
                LiveBrowser browser = new LiveBrowser()) {
            Matcher port = PORT.matcher(program.firstLine());
            if (!port.find()) {
                throw new IOException("the page's server did not say its port in its first line");
            }
            URI page = URI.create("http://127.0.0.1:" + port.group() + "/#simulator?strategies=" + STRATEGIES);
            browser.start();
            double[] paints = new double[VISITS];
            double framesPerSecond = 0;
            for (int i = 0; i < VISITS; i++) {
                Page visited = browser.visit(page, Look.LIGHT);
                visited.locator("#multiples figure").nth(9).waitFor();
                paints[i] = number(visited.evaluate(FIRST_PAINT));
                if (i == VISITS - 1) {
                    framesPerSecond = number(visited.evaluate(PLAY));
                }
                browser.closePages();
            }
            Arrays.sort(paints);
            double median = paints[VISITS / 2];
            bench.scorecard()
                    .print(
                            "page of the simulator, ten strategies",
                            "first paint after %.0f ms (median of %d), %.1f frames a second while playing"
                                    .formatted(median, VISITS, framesPerSecond),
                            Bound.atMost("first paint", median, 500, " ms"),
                            // A display of 60 Hz has no more, and a count over five seconds may end within a frame.
                            Bound.atLeast("frames a second", framesPerSecond, 59, ""));
        }
    }

    private static double number(Object value) {
        return value instanceof Number number ? number.doubleValue() : Double.NaN;
    }
}
