package dev.penstock.gateway;

import dev.penstock.gateway.config.KeyRing;
import dev.penstock.gateway.config.QueueSettings;
import dev.penstock.gateway.config.Tenant;
import dev.penstock.gateway.transport.ApiError;
import dev.penstock.gateway.transport.HostRule;
import dev.penstock.gateway.transport.Inbound;
import dev.penstock.queue.Priority;
import dev.penstock.wire.Endpoint;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * What the head of a request says: whose it is, how urgent, and what kind of call.
 *
 * @param account whose quota, see {@link LaneKey}
 * @param endpoint the metered endpoint; empty for all other calls
 * @param patience how long it may wait
 * @param patienceGiven whether the client itself said so
 * @param retriesBefore how often the client has sent it before
 * @param keepAlive how often a waiting stream is told that it waits; empty for never
 * @param join whether it may share the answer of an identical one that runs
 */
record RequestHead(
        Tenant tenant,
        Priority priority,
        String account,
        Optional<Endpoint> endpoint,
        Duration patience,
        boolean patienceGiven,
        int retriesBefore,
        Optional<Duration> keepAlive,
        boolean join) {
    static final String PRIORITY = "x-penstock-priority";
    static final String TENANT = "x-penstock-tenant";
    static final String KEEP_ALIVE = "x-penstock-keep-alive";
    static final String JOIN = "x-penstock-join";
    static final String DEADLINE = "x-request-deadline-ms";

    /** The account of clients that send no key, where keys are passed on; no fingerprint is like it. */
    static final String NO_CREDENTIAL = "none";

    /** Each is looked up in every request; these know their hash. */
    private static final CharSequence PRIORITY_HEADER = HttpHeaders.createOptimized(PRIORITY);

    private static final CharSequence TENANT_HEADER = HttpHeaders.createOptimized(TENANT);
    private static final CharSequence KEEP_ALIVE_HEADER = HttpHeaders.createOptimized(KEEP_ALIVE);
    private static final CharSequence JOIN_HEADER = HttpHeaders.createOptimized(JOIN);
    private static final CharSequence DEADLINE_HEADER = HttpHeaders.createOptimized(DEADLINE);
    private static final CharSequence STAINLESS_TIMEOUT = HttpHeaders.createOptimized("x-stainless-timeout");
    private static final CharSequence STAINLESS_READ_TIMEOUT = HttpHeaders.createOptimized("x-stainless-read-timeout");
    private static final CharSequence STAINLESS_RETRY_COUNT = HttpHeaders.createOptimized("x-stainless-retry-count");
    private static final CharSequence IDEMPOTENCY_KEY = HttpHeaders.createOptimized("idempotency-key");
    private static final CharSequence ORGANIZATION = HttpHeaders.createOptimized("openai-organization");
    private static final CharSequence PROJECT = HttpHeaders.createOptimized("openai-project");
    private static final MessageDigest UNUSED_SHA_256 = sha256();

    private static final String BEARER = "bearer ";
    private static final Pattern TENANT_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._@-]{0,63}");
    private static final Tenant ANONYMOUS = Tenant.unknown("anonymous");
    private static final long LONGEST_PATIENCE_MILLIS = Duration.ofDays(1).toMillis();
    private static final int SHORT_FINGERPRINT = 8;
    /** Of the time that a client gives a call, what it may wait: an answer takes time as well. */
    private static final double WAITING_SHARE = 0.8;

    /** A head that is not in order, and how to answer it. */
    @SuppressWarnings("serial")
    static final class BadHeadException extends Exception {
        private final transient ApiError error;

        BadHeadException(ApiError error) {
            super(error.message());
            this.error = error;
        }

        ApiError error() {
            return error;
        }
    }

    /**
     * What the gateway is told that matters for heads.
     *
     * @param passesKeysOn whether an upstream gets the key that the client sent
     */
    record Rules(
            HostRule hosts,
            KeyRing keys,
            boolean passesKeysOn,
            QueueSettings queue,
            Optional<Duration> keepAlive,
            boolean join) {
        /** Whether it is enough to reach the port to spend somebody's money. */
        boolean spendsForAnyone() {
            return keys.isOpen() && !passesKeysOn();
        }
    }

    static RequestHead read(Inbound inbound, Rules rules) throws BadHeadException {
        if (rules.spendsForAnyone()) {
            refusePagesOfTheWeb(inbound, rules.hosts());
        }
        Optional<String> credential = inbound.header(HttpHeaders.AUTHORIZATION);
        Optional<String> fingerprint = credential.map(text -> fingerprint(inbound, text));
        String account = rules.passesKeysOn() ? fingerprint.orElse(NO_CREDENTIAL) : "";
        Tenant tenant;
        Priority usual;
        if (rules.keys().isOpen()) {
            tenant = openTenant(inbound, fingerprint);
            usual = Priority.NORMAL;
        } else {
            tenant = credential
                    .flatMap(RequestHead::bearer)
                    .flatMap(key -> rules.keys().find(key))
                    .orElseThrow(() -> new BadHeadException(unknownKey()));
            usual = tenant.priority();
        }
        OptionalLong asked = deadline(inbound);
        return new RequestHead(
                tenant,
                priority(inbound, usual, tenant.priority()),
                account,
                endpoint(inbound),
                asked.isPresent()
                        ? Duration.ofMillis(asked.getAsLong())
                        : usualPatience(inbound, rules.queue().deadline()),
                asked.isPresent(),
                retriesBefore(inbound),
                keepAlive(inbound).or(rules::keepAlive),
                join(inbound, rules));
    }

    private static boolean join(Inbound inbound, Rules rules) throws BadHeadException {
        String text =
                inbound.header(JOIN_HEADER).orElse(String.valueOf(rules.join())).strip();
        if (text.equalsIgnoreCase("true") || text.equalsIgnoreCase("false")) {
            return text.equalsIgnoreCase("true");
        }
        throw new BadHeadException(bad(JOIN, "must be true or false"));
    }

    /** A browser on this machine can reach the port, whatever page it shows. */
    private static void refusePagesOfTheWeb(Inbound inbound, HostRule hosts) throws BadHeadException {
        boolean sameMachine = hosts.allows(inbound.headers().getAll(HttpHeaders.HOST))
                && inbound.header(HttpHeaders.ORIGIN).map(hosts::allowsOrigin).orElse(true);
        if (!sameMachine) {
            throw new BadHeadException(ApiError.invalid(
                            403,
                            "origin_not_allowed",
                            "This gateway sends a key of its own for everyone on this machine, and this request comes from a"
                                    + " page or under a name of elsewhere. Give tenants keys with --config to let others in.")
                    .shouldRetry(false));
        }
    }

    private static Optional<String> bearer(String text) {
        return text.length() > BEARER.length() && text.regionMatches(true, 0, BEARER, 0, BEARER.length())
                ? Optional.of(text.substring(BEARER.length()).strip())
                : Optional.empty();
    }

    private static Tenant openTenant(Inbound inbound, Optional<String> fingerprint) throws BadHeadException {
        Optional<String> named = inbound.header(TENANT_HEADER);
        if (named.isPresent()) {
            if (!TENANT_NAME.matcher(named.get()).matches()) {
                throw new BadHeadException(bad(
                        TENANT,
                        "is not a name; it must be 1 to 64 letters, digits, dots, dashes, underscores or @, beginning"
                                + " with a letter or digit"));
            }
            return Tenant.unknown(named.get());
        }
        return fingerprint
                .map(text -> Tenant.unknown("key-" + text.substring(0, SHORT_FINGERPRINT)))
                .orElse(ANONYMOUS);
    }

    /** Tells accounts apart without telling the key. */
    private static String fingerprint(Inbound inbound, String credential) {
        MessageDigest digest = freshSha256();
        digest.update(credential.getBytes(StandardCharsets.UTF_8));
        digest.update((byte) 0);
        digest.update(inbound.header(ORGANIZATION).orElse("").getBytes(StandardCharsets.UTF_8));
        digest.update((byte) 0);
        digest.update(inbound.header(PROJECT).orElse("").getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(digest.digest(), 0, SHORT_FINGERPRINT);
    }

    /** To find the provider of an algorithm takes longer than a short digest. */
    private static MessageDigest freshSha256() {
        try {
            return (MessageDigest) UNUSED_SHA_256.clone();
        } catch (CloneNotSupportedException thenItIsLookedUp) {
            return sha256();
        }
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /**
     * Whether the same call twice is as good as once. Metered calls are: a second answer costs money and changes nothing
     * else. Others that create something are only with a key by which the upstream knows them again.
     */
    static boolean mayBeRepeatedAfterFault(Inbound inbound, Optional<Endpoint> endpoint) {
        return endpoint.isPresent()
                || !inbound.method().equals(HttpMethod.POST)
                        && !inbound.method().equals(HttpMethod.PATCH)
                || inbound.header(IDEMPOTENCY_KEY).isPresent();
    }

    private static Optional<Endpoint> endpoint(Inbound inbound) {
        return inbound.method().equals(HttpMethod.POST) ? Endpoint.ofPath(inbound.path()) : Optional.empty();
    }

    private static Priority priority(Inbound inbound, Priority usual, Priority highest) throws BadHeadException {
        Optional<String> named = inbound.header(PRIORITY_HEADER);
        if (named.isEmpty()) {
            return usual;
        }
        Priority asked;
        try {
            asked = Priority.valueOf(named.get().strip().toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new BadHeadException(bad(PRIORITY, "must be interactive, normal or bulk"));
        }
        return asked.compareTo(highest) < 0 ? highest : asked;
    }

    private static OptionalLong deadline(Inbound inbound) throws BadHeadException {
        Optional<String> text = inbound.header(DEADLINE_HEADER);
        if (text.isEmpty()) {
            return OptionalLong.empty();
        }
        try {
            long millis = Long.parseLong(text.get().strip());
            if (millis >= 0 && millis <= LONGEST_PATIENCE_MILLIS) {
                return OptionalLong.of(millis);
            }
        } catch (NumberFormatException notANumber) {
            // Told below.
        }
        throw new BadHeadException(bad(
                DEADLINE, "must be whole milliseconds from now, 0 to " + LONGEST_PATIENCE_MILLIS + ", as in 30000"));
    }

    /** A client that gives the whole call less time than we would let it wait says so. */
    private static Duration usualPatience(Inbound inbound, Duration usual) {
        Optional<Duration> timeout = inbound.header(STAINLESS_TIMEOUT)
                .or(() -> inbound.header(STAINLESS_READ_TIMEOUT))
                .flatMap(RequestHead::seconds);
        return timeout.map(given -> Duration.ofNanos((long) (given.toNanos() * WAITING_SHARE)))
                .filter(given -> given.compareTo(usual) < 0)
                .orElse(usual);
    }

    private static Optional<Duration> keepAlive(Inbound inbound) throws BadHeadException {
        Optional<String> text = inbound.header(KEEP_ALIVE_HEADER);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        String value = text.get().strip();
        Optional<Duration> every = seconds(value.endsWith("s") ? value.substring(0, value.length() - 1) : value);
        if (every.isEmpty()
                || every.get().compareTo(QueueSettings.SHORTEST) < 0
                || every.get().compareTo(QueueSettings.LONGEST_SILENCE) > 0) {
            throw new BadHeadException(bad(KEEP_ALIVE, "must be seconds from 1 to 300, as in 15s"));
        }
        return every;
    }

    private static Optional<Duration> seconds(String text) {
        try {
            double value = Double.parseDouble(text.strip());
            return value > 0 && value <= 1e6
                    ? Optional.of(Duration.ofMillis((long) (value * 1_000)))
                    : Optional.empty();
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    private static int retriesBefore(Inbound inbound) {
        return inbound.header(STAINLESS_RETRY_COUNT)
                .map(String::strip)
                .filter(text -> text.matches("\\d{1,3}"))
                .map(Integer::parseInt)
                .orElse(0);
    }

    private static ApiError bad(String header, String rule) {
        return ApiError.invalid(400, "invalid_header", "The header " + header + " " + rule + ".")
                .about(header);
    }

    private static ApiError unknownKey() {
        return ApiError.invalid(
                        401,
                        "invalid_api_key",
                        "This gateway knows no such key. Send Authorization: Bearer with a key of this gateway (it begins"
                                + " with psk-), not the provider's; whoever runs the gateway gives keys out.")
                .shouldRetry(false);
    }
}
