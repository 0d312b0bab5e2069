package dev.penstock.cli;

import dev.penstock.gateway.config.ConfigFile;
import dev.penstock.gateway.config.GatewayConfig;
import dev.penstock.gateway.config.KeyRing;
import dev.penstock.gateway.config.ModelCaps;
import dev.penstock.gateway.config.QueueSettings;
import dev.penstock.gateway.config.Secret;
import dev.penstock.gateway.config.SecretSource;
import dev.penstock.gateway.config.Upstream;
import dev.penstock.limit.Limit;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** What options of the command line mean to a gateway. */
final class GatewayOptions {
    private static final String KEY_VARIABLE = "OPENAI_API_KEY";
    private static final int MOST_PORT = 65_535;

    private final Shell shell;
    private final GatewayCommand command;

    GatewayOptions(Shell shell, GatewayCommand command) {
        this.shell = shell;
        this.command = command;
    }

    /** Refuses what contradicts itself, before anything is started. */
    void check() {
        if (command.configuring.newKey && command.configuring.schema) {
            throw new UsageException("--new-key and --schema each print something else and end; give one of them");
        }
        port("--port", command.port);
        port("--admin-port", command.adminPort);
        if (command.port == command.adminPort && command.port != 0) {
            throw new UsageException("--port and --admin-port are both " + command.port
                    + "; clients and the admin pages need a port each");
        }
        if (command.answering.emulate.isPresent()) {
            if (command.answering.upstream.isPresent() || command.answering.keyVariable.isPresent()) {
                throw new UsageException("--emulate answers by itself, so it cannot be combined with --upstream or"
                        + " --api-key-env; give one or the other");
            }
        } else if (command.answering.emulateLatency.isPresent()) {
            throw new UsageException("--emulate-latency is given without --emulate; add --emulate tier-1, for example");
        }
    }

    private static void port(String option, int port) {
        if (port < 0 || port > MOST_PORT) {
            throw new UsageException(option + " is " + port + "; it must be 0 (any free one) to " + MOST_PORT);
        }
    }

    /** Where requests go if no emulator answers them and no file says otherwise. */
    Upstream upstream() {
        URI url = ApiAddress.of(shell, "--upstream", command.answering.upstream);
        String scheme = String.valueOf(url.getScheme());
        if (url.getHost() == null || !(scheme.equalsIgnoreCase("http") || scheme.equalsIgnoreCase("https"))) {
            throw new UsageException("the base URL of the upstream must be absolute, as in https://api.openai.com/v1;"
                    + " give scheme and host with --upstream or OPENAI_BASE_URL");
        }
        if (url.getRawUserInfo() != null || url.getRawQuery() != null || url.getRawFragment() != null) {
            throw new UsageException("the base URL for " + url.getHost() + " holds a user, a query or a fragment (not"
                    + " shown); give host and path only, as in https://api.openai.com/v1");
        }
        boolean clientsHaveKeysOfOurs = command.configuring.config.isPresent();
        Optional<String> name = command.answering.keyVariable.or(
                () -> clientsHaveKeysOfOurs ? Optional.of(KEY_VARIABLE) : Optional.empty());
        Optional<Secret> key = name.flatMap(shell::variable).map(text -> new Secret(text.strip()));
        if (command.answering.keyVariable.isPresent() && key.isEmpty()) {
            throw new UsageException("there is no API key: the environment variable "
                    + command.answering.keyVariable.get() + " is not set. Set it (export "
                    + command.answering.keyVariable.get() + "=...), or leave --api-key-env out to pass on the clients'"
                    + " own keys");
        }
        ApiAddress.warnOfAKeyInTheOpen(shell, url);
        ApiAddress.noteAMissingPath(shell, url);
        return upstream("main", url, key);
    }

    Upstream emulator(URI url) {
        // Tenants' keys may not go to an upstream, not even to one that takes any.
        boolean clientsHaveKeysOfOurs = command.configuring.config.isPresent();
        return upstream(
                "emulator", url, clientsHaveKeysOfOurs ? Optional.of(new Secret("emulated")) : Optional.empty());
    }

    private Upstream upstream(String name, URI url, Optional<Secret> key) {
        List<Limit> caps = Caps.of(
                command.answering.requestsPerMinute,
                command.answering.requestsPerDay,
                command.answering.tokensPerMinute);
        between("--concurrency", command.answering.concurrency, Integer.MAX_VALUE);
        return new Upstream(
                name,
                url,
                key,
                Optional.empty(),
                Optional.empty(),
                1,
                List.of(),
                caps.isEmpty() ? List.of() : List.of(new ModelCaps("*", caps)),
                command.answering.concurrency);
    }

    Optional<ConfigFile> configFile(Upstream fallback) {
        return command.configuring.config.map(path -> ConfigFile.open(path, fallback, secrets()));
    }

    private SecretSource secrets() {
        return new SecretSource() {
            private final SecretSource files = SecretSource.of(java.util.Map.of());

            @Override
            public Optional<String> variable(String name) {
                return shell.variable(name);
            }

            @Override
            public String file(Path path) throws java.io.IOException {
                return files.file(path);
            }
        };
    }

    /** What the options say on top of a file or of nothing. */
    GatewayConfig config(Optional<GatewayConfig> file, Upstream fallback) {
        GatewayConfig base = file.orElseGet(() -> GatewayConfig.of(fallback));
        QueueSettings queue = base.queue();
        between("--max-waiting", command.queueing.maxWaiting, QueueSettings.MOST_REQUESTS);
        between("--max-attempts", command.queueing.maxAttempts, QueueSettings.MOST_ATTEMPTS);
        checkWhatTheFileSays(base, fallback);
        QueueSettings changed = new QueueSettings(
                command.queueing.maxWaiting.orElse(queue.maxRequests()),
                queue.maxBytes(),
                queue.maxBodyBytes(),
                duration("--deadline", command.queueing.deadline, QueueSettings.LONGEST, "24h")
                        .orElse(queue.deadline()),
                duration("--timeout", command.queueing.timeout, QueueSettings.LONGEST, "24h")
                        .orElse(queue.timeout()),
                command.queueing.maxAttempts.orElse(queue.maxAttempts()));
        return new GatewayConfig(
                base.upstreams(),
                base.keys(),
                changed,
                duration("--keep-alive", command.queueing.keepAlive, QueueSettings.LONGEST_SILENCE, "5m")
                        .or(base::keepAlive),
                command.queueing.joinIdentical || base.joinIdentical(),
                base.stateFile());
    }

    /** Nobody may use somebody's keys by accident. */
    void checkWhoMayComeIn(KeyRing keys) {
        if (keys.isOpen() && !ApiAddress.isLoopback(command.host) && !command.insecure) {
            throw new UsageException("--host is " + command.host + ", and there are no tenants with keys, so whoever"
                    + " reaches the port could use the gateway. Give tenants keys with --config, listen on 127.0.0.1,"
                    + " or say --insecure");
        }
    }

    /** Options for the one upstream of the command line would mean nothing beside those of a file. */
    private void checkWhatTheFileSays(GatewayConfig file, Upstream fallback) {
        for (Upstream upstream : file.upstreams()) {
            if (isThisGateway(upstream.baseUrl())) {
                throw new UsageException(
                        "the upstream " + upstream.baseUrl() + " is this gateway itself: OPENAI_BASE_URL,"
                                + " which is for its clients, is probably set here too. Name the API with --upstream");
            }
        }
        List<String> given = givenForTheUpstream();
        if (!given.isEmpty() && !file.upstreams().contains(fallback)) {
            throw new UsageException("the configuration names upstreams, and " + String.join(", ", given)
                    + " would mean nothing beside them; leave " + (given.size() == 1 ? "it" : "them")
                    + " out, or take upstreams: out of the file");
        }
    }

    private boolean isThisGateway(URI url) {
        String host = String.valueOf(url.getHost());
        boolean here = ApiAddress.isLoopback(host) || host.equalsIgnoreCase(command.host);
        return here && url.getPort() > 0 && (url.getPort() == command.port || url.getPort() == command.adminPort);
    }

    private List<String> givenForTheUpstream() {
        GatewayCommand.Answering given = command.answering;
        List<String> names = new ArrayList<>();
        given.emulate.ifPresent(value -> names.add("--emulate"));
        given.emulateLatency.ifPresent(value -> names.add("--emulate-latency"));
        given.upstream.ifPresent(value -> names.add("--upstream"));
        given.keyVariable.ifPresent(value -> names.add("--api-key-env"));
        given.requestsPerMinute.ifPresent(value -> names.add("--rpm"));
        given.tokensPerMinute.ifPresent(value -> names.add("--tpm"));
        given.requestsPerDay.ifPresent(value -> names.add("--rpd"));
        given.concurrency.ifPresent(value -> names.add("--concurrency"));
        return names;
    }

    private static void between(String option, OptionalInt given, int most) {
        if (given.isPresent() && (given.getAsInt() < 1 || given.getAsInt() > most)) {
            String rule = most == Integer.MAX_VALUE ? "1 or more" : "1 to " + Figures.count(most);
            throw new UsageException(option + " is " + given.getAsInt() + "; it must be " + rule);
        }
    }

    private static Optional<Duration> duration(
            String option, Optional<String> text, Duration most, String mostInWords) {
        return text.map(given -> TypedDuration.parse(given)
                .filter(time -> time.compareTo(QueueSettings.SHORTEST) >= 0 && time.compareTo(most) <= 0)
                .orElseThrow(() -> new UsageException(option + " is '" + given + "'; it must be a duration from 1s to "
                        + mostInWords + ", such as 90s")));
    }
}
