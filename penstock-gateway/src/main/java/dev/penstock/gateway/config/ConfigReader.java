package dev.penstock.gateway.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Reads a configuration file. The form is described for people in {@code docs/gateway-config.md} and for programs in
 * {@link #schema}.
 */
public final class ConfigReader {
    private static final long LEAST_BYTES = 1 << 10;
    private static final long MOST_QUEUE_BYTES = 64L << 30;
    private static final long MOST_BODY_BYTES = 1 << 30;

    private static final Pattern PATH = Pattern.compile("[^\\p{Cntrl}]{1,1024}");

    private ConfigReader() {}

    /**
     * Reads a file, whose content the caller has.
     *
     * @param file for messages; relative paths in it start from its folder
     * @param content at most 1 MiB are accepted
     * @param fallback the upstream if the file names none
     * @throws ConfigException with everything that is wrong
     */
    public static GatewayConfig read(Path file, byte[] content, Upstream fallback, SecretSource secrets) {
        Problems problems = new Problems(file.toString());
        Section top = new Section(YamlText.read(content, problems), "the file", problems);
        Path folder = Optional.ofNullable(file.toAbsolutePath().getParent()).orElse(file.toAbsolutePath());

        UpstreamReader upstreams = new UpstreamReader(folder, secrets, top.has("tenants"));
        top.sections("upstreams", "an upstream").forEach(upstreams::read);
        TenantReader tenants = new TenantReader();
        top.sections("tenants", "a tenant").forEach(tenants::read);
        if (top.has("tenants") && !top.has("upstreams") && fallback.key().isEmpty()) {
            top.complain(
                    "tenants",
                    "tenants, but no upstreams, and the upstream of the command line has no key of its own; clients bring"
                            + " keys of this gateway, which no upstream knows; set OPENAI_API_KEY, or add upstreams with"
                            + " key-env");
        }
        QueueSettings queue =
                top.section("queue", "queue").map(ConfigReader::queue).orElse(QueueSettings.DEFAULT);
        Optional<Duration> keepAlive =
                top.duration("keep-alive", QueueSettings.SHORTEST, QueueSettings.LONGEST_SILENCE, "15s");
        boolean joinIdentical = top.flag("join-identical").orElse(false);
        Optional<Path> state = state(top, file, folder);
        top.end();
        problems.throwIfAny();

        KeyRing keys = tenants.keys().isEmpty() ? KeyRing.open() : KeyRing.of(tenants.keys());
        boolean budgets = keys.tenants().stream().anyMatch(each -> each.budget().isPresent());
        return new GatewayConfig(
                upstreams.upstreams().isEmpty() ? List.of(fallback) : upstreams.upstreams(),
                keys,
                queue,
                keepAlive,
                joinIdentical,
                budgets ? state : Optional.empty());
    }

    private static QueueSettings queue(Section section) {
        QueueSettings normal = QueueSettings.DEFAULT;
        long requests = section.whole("requests", 1, QueueSettings.MOST_REQUESTS, "20_000")
                .orElse(normal.maxRequests());
        long bytes =
                section.size("bytes", LEAST_BYTES, MOST_QUEUE_BYTES, "512MiB").orElse(normal.maxBytes());
        long body = section.size("body", LEAST_BYTES, MOST_BODY_BYTES, "32MiB")
                .orElse(Math.min(bytes, normal.maxBodyBytes()));
        if (body > bytes) {
            section.complain(
                    section.has("body") ? "body" : "bytes",
                    "body is " + Shown.number(body) + " bytes and bytes of the whole queue " + Shown.number(bytes)
                            + "; a body must fit into the queue; raise bytes or lower body");
        }
        Duration deadline = section.duration("deadline", QueueSettings.SHORTEST, QueueSettings.LONGEST, "8m")
                .orElse(normal.deadline());
        Duration timeout = section.duration("timeout", QueueSettings.SHORTEST, QueueSettings.LONGEST, "10m")
                .orElse(normal.timeout());
        long attempts =
                section.whole("attempts", 1, QueueSettings.MOST_ATTEMPTS, "6").orElse(normal.maxAttempts());
        section.end();
        return new QueueSettings((int) requests, bytes, (int) body, deadline, timeout, (int) attempts);
    }

    /** Beside the configuration unless it says something else, so that a budget is never forgotten by omission. */
    private static Optional<Path> state(Section section, Path file, Path folder) {
        Optional<String> given = section.text("state", PATH, "the path of a file, such as gateway.state");
        Path own = folder.resolve(String.valueOf(file.getFileName()));
        String name = given.orElseGet(() -> own.getFileName().toString().replaceFirst("\\.ya?ml$", "") + ".state");
        try {
            Path state = folder.resolve(name).normalize();
            if (state.equals(own.normalize())) {
                section.complain(
                        "state", "state is this file itself; it must be a file of its own, such as gateway.state");
            }
            return Optional.of(state);
        } catch (InvalidPathException e) {
            section.complain("state", "state is " + Shown.value(name) + "; it must be a path, such as gateway.state");
            return Optional.empty();
        }
    }

    /** The JSON Schema (2020-12) of the file, for editors and other checks before the gateway sees it. */
    public static String schema() {
        try (InputStream in = ConfigReader.class.getResourceAsStream("gateway.schema.json")) {
            if (in == null) {
                throw new IllegalStateException(
                        "gateway.schema.json is missing; the penstock-gateway jar is incomplete");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read gateway.schema.json of the penstock-gateway jar", e);
        }
    }
}
