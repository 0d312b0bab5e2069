package dev.penstock.http;

import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;

/**
 * The files of a page, read once from the class path, and the headers that every answer to a page has. Immutable and
 * thread-safe.
 */
public final class PageFiles {
    public static final String HTML = "text/html; charset=utf-8";
    public static final String CSS = "text/css; charset=utf-8";
    public static final String JAVASCRIPT = "text/javascript; charset=utf-8";
    public static final String SVG = "image/svg+xml";

    /** Everything from this origin, nothing inline, nobody may frame it, and nobody keeps it. */
    public static final Map<String, String> HEADERS = Map.of(
            "content-security-policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:;"
                    + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            "x-content-type-options",
            "nosniff",
            "referrer-policy",
            "no-referrer",
            "cross-origin-resource-policy",
            "same-origin",
            "cache-control",
            "no-store");

    private final Map<String, PageFile> byPath;

    /** One file. */
    public record PageFile(String contentType, Buffer bytes) {}

    private PageFiles(Map<String, PageFile> byPath) {
        this.byPath = Map.copyOf(byPath);
    }

    /** What is served at a path of the page. */
    public Optional<PageFile> find(String path) {
        return Optional.ofNullable(byPath.get(path));
    }

    /** How many bytes all files have together. */
    public long bytes() {
        return byPath.values().stream().mapToLong(file -> file.bytes().length()).sum();
    }

    /** Collects files. Not safe for use by several threads. */
    public static final class Builder {
        private final Map<String, PageFile> byPath = new HashMap<>();

        /**
         * Adds a file.
         *
         * @param path where it is served
         * @param resource its absolute name on the class path
         * @throws IllegalStateException when the class path lacks it
         */
        public Builder file(String path, String contentType, String resource) {
            byPath.put(path, new PageFile(contentType, read(resource)));
            return this;
        }

        /** Adds the scripts of a folder of the class path, at {@code /assets/NAME.js}. */
        public Builder scripts(String folder, String... names) {
            for (String name : names) {
                file("/assets/" + name + ".js", JAVASCRIPT, folder + name + ".js");
            }
            return this;
        }

        /** Adds the charts that the pages draw with, at {@code /assets/uplot.js} and {@code /assets/uplot.css}. */
        public Builder charts() {
            String folder = "/META-INF/resources/webjars/uplot/" + versionOfCharts() + "/dist/";
            return file("/assets/uplot.js", JAVASCRIPT, folder + "uPlot.esm.js")
                    .file("/assets/uplot.css", CSS, folder + "uPlot.min.css");
        }

        public PageFiles build() {
            return new PageFiles(byPath);
        }
    }

    /** The jar names its version in its paths, and says it in the properties that every Maven artifact carries. */
    private static String versionOfCharts() {
        Properties properties = new Properties();
        try (InputStream in = open("/META-INF/maven/org.webjars.npm/uplot/pom.properties")) {
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties.getProperty("version", "(no version)");
    }

    private static Buffer read(String resource) {
        try (InputStream in = open(resource)) {
            return Buffer.buffer(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static InputStream open(String resource) {
        InputStream in = PageFiles.class.getResourceAsStream(resource);
        if (in == null) {
            throw new IllegalStateException(
                    "the class path has no " + resource + "; the pages need their own jar and the webjar of uPlot");
        }
        return in;
    }
}
