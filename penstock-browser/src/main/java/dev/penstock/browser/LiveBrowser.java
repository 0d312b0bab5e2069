package dev.penstock.browser;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.ReducedMotion;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A real browser that looks at a page, and what it complains of. Screenshots go to {@code target/screenshots}. */
public final class LiveBrowser implements AutoCloseable {
    private static final Path SCREENSHOTS = Path.of("target", "screenshots");
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final List<String> QUIET_BROWSER = List.of(
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync");

    /** Errors and warnings of the console, in which a policy that is violated is told too, and errors of the page. */
    public final List<String> complaints = new ArrayList<>();

    private final List<BrowserContext> contexts = new ArrayList<>();
    private @Nullable Playwright playwright;
    private @Nullable Browser browser;

    public enum Look {
        LIGHT(1280, ColorScheme.LIGHT),
        DARK(1280, ColorScheme.DARK),
        NARROW(360, ColorScheme.LIGHT);

        private final int width;
        private final ColorScheme scheme;

        Look(int width, ColorScheme scheme) {
            this.width = width;
            this.scheme = scheme;
        }
    }

    /** Said where there is none. */
    public static final String MISSING =
            "no Chromium on the PATH; install chromium (Debian: apt-get install chromium) to look at pages";

    /** Whether there is a Chromium; tests are skipped where there is none. */
    public static boolean isInstalled() {
        return chromium().isPresent();
    }

    /** @throws IllegalStateException where there is no Chromium */
    public void start() throws IOException {
        Optional<Path> chromium = chromium();
        if (chromium.isEmpty()) {
            throw new IllegalStateException(MISSING);
        }
        // The machine may be busy with other tests.
        PlaywrightAssertions.setDefaultAssertionTimeout(PATIENCE.toMillis());
        playwright = Playwright.create(
                new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
        browser = playwright
                .chromium()
                .launch(new BrowserType.LaunchOptions()
                        .setExecutablePath(chromium.get())
                        .setArgs(QUIET_BROWSER));
        Files.createDirectories(SCREENSHOTS);
    }

    public Page visit(URI uri, Look look) {
        if (browser == null) {
            throw new IllegalStateException("the browser was not started");
        }
        BrowserContext context = browser.newContext(new Browser.NewContextOptions()
                .setViewportSize(look.width, 900)
                .setColorScheme(look.scheme)
                .setReducedMotion(ReducedMotion.REDUCE)
                .setTimezoneId("UTC"));
        contexts.add(context);
        Page page = context.newPage();
        page.onConsoleMessage(message -> {
            if (message.type().equals("error") || message.type().equals("warning")) {
                complaints.add(message.text());
            }
        });
        page.onPageError(complaints::add);
        page.navigate(uri.toString());
        return page;
    }

    public static Locator quota(Page page, String family) {
        return page.locator(".quota")
                .filter(new Locator.FilterOptions()
                        .setHas(page.locator(
                                "h3", new Page.LocatorOptions().setHasText(Pattern.compile("^" + family + "$")))));
    }

    public static Locator.FilterOptions containing(String text) {
        return new Locator.FilterOptions().setHasText(text);
    }

    /** How many pixels hang over at the side. */
    public static Object overhang(Page page) {
        return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
    }

    public static void shoot(Page page, String name) {
        page.screenshot(new Page.ScreenshotOptions()
                .setPath(SCREENSHOTS.resolve(name + ".png"))
                .setFullPage(true));
    }

    /** Closes what was visited and forgets the complaints. */
    public void closePages() {
        contexts.reversed().forEach(BrowserContext::close);
        contexts.clear();
        complaints.clear();
    }

    @Override
    public void close() {
        if (playwright != null) {
            playwright.close();
        }
    }

    private static Optional<Path> chromium() {
        return Arrays.stream(
                        Optional.ofNullable(System.getenv("PATH")).orElse("").split(File.pathSeparator))
                .flatMap(folder -> Stream.of("chromium", "chromium-browser", "google-chrome")
                        .map(name -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst();
    }
}
