package dev.penstock.gateway.admin;

import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;

/** The files of the page, read once from the class path. */
final class Assets {
    private static final String OWN = "/dev/penstock/gateway/admin/page/";
    private static final String HTML = "text/html; charset=utf-8";
    private static final String CSS = "text/css; charset=utf-8";
    private static final String JAVASCRIPT = "text/javascript; charset=utf-8";
    private static final String SVG = "image/svg+xml";

    private final Map<String, Asset> byPath = new HashMap<>();

    record Asset(String contentType, Buffer bytes) {}

    /** @throws IllegalStateException when the class path lacks one of them */
    Assets() {
        own("/", "index.html", HTML);
        own("/assets/page.css", "page.css", CSS);
        own("/assets/icon.svg", "icon.svg", SVG);
        for (String script :
                new String[] {"page", "feed", "figures", "rows", "quotas", "queue", "charts", "refusals"}) {
            own("/assets/" + script + ".js", script + ".js", JAVASCRIPT);
        }
        String charts = "/META-INF/resources/webjars/uplot/" + versionOfCharts() + "/dist/";
        byPath.put("/assets/uplot.js", new Asset(JAVASCRIPT, read(charts + "uPlot.esm.js")));
        byPath.put("/assets/uplot.css", new Asset(CSS, read(charts + "uPlot.min.css")));
    }

    Optional<Asset> find(String path) {
        return Optional.ofNullable(byPath.get(path));
    }

    private void own(String path, String file, String contentType) {
        byPath.put(path, new Asset(contentType, read(OWN + file)));
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
        InputStream in = Assets.class.getResourceAsStream(resource);
        if (in == null) {
            throw new IllegalStateException("the class path has no " + resource
                    + "; the admin page needs all of penstock-gateway and of the webjar of uPlot");
        }
        return in;
    }
}
