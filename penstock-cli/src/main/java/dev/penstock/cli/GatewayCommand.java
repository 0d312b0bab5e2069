package dev.penstock.cli;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Starts the proxy that queues for quota. */
@Command(
        name = "gateway",
        description =
                "Run a proxy in front of the API: change one base URL, and calls queue for quota instead of failing"
                        + " with 429.",
        synopsisHeading = "Usage: ",
        customSynopsis = "penstock gateway [OPTIONS]",
        descriptionHeading = "%n",
        optionListHeading = "%nOptions:%n",
        sortOptions = false,
        footerHeading = "%nExamples:%n",
        footer = {
            "  penstock gateway --emulate tier-1          try it without a key",
            "  penstock gateway                           in front of OPENAI_BASE_URL or the provider",
            "  penstock gateway --config gateway.yaml     several keys, tenants, budgets",
            "  penstock gateway --new-key                 make a key for a tenant"
        })
final class GatewayCommand implements Callable<Integer> {
    private final Shell shell;

    @Option(
            names = "--port",
            paramLabel = "N",
            description = "Port for clients (default 8429). 0 takes a free one and prints it on standard output.")
    int port = 8429;

    @Option(
            names = "--admin-port",
            paramLabel = "N",
            description = "Port of the live page and the metrics, on 127.0.0.1 (default 8430). 0 takes a free one.")
    int adminPort = 8430;

    @Option(
            names = "--host",
            paramLabel = "ADDRESS",
            description = "Address to listen on (default 127.0.0.1). Another than this machine's own needs tenants with"
                    + " keys in --config, or --insecure.")
    String host = "127.0.0.1";

    @Option(
            names = "--insecure",
            description = "Listen on any address without keys: whoever reaches the port may use it.")
    boolean insecure;

    @ArgGroup(exclusive = false, heading = "%nWho answers:%n")
    Answering answering = new Answering();

    @ArgGroup(exclusive = false, heading = "%nWho may wait, and how long:%n")
    Queueing queueing = new Queueing();

    @ArgGroup(exclusive = false, heading = "%nConfiguration:%n")
    Configuring configuring = new Configuring();

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    boolean help;

    /** Who answers. */
    static final class Answering {
        @Option(
                names = "--upstream",
                paramLabel = "URL",
                description = "Base URL of the API (default: OPENAI_BASE_URL, else https://api.openai.com/v1).")
        Optional<String> upstream = Optional.empty();

        @Option(
                names = "--api-key-env",
                paramLabel = "NAME",
                description = "Send the key in this environment variable instead of the clients' own.")
        Optional<String> keyVariable = Optional.empty();

        @Option(
                names = "--emulate",
                paramLabel = "TIER",
                description =
                        "Answer by a built-in emulator with the limits of a tier (tier-1 to tier-5, free), without"
                                + " a key and without cost.")
        Optional<String> emulate = Optional.empty();

        @Option(
                names = "--emulate-latency",
                paramLabel = "LATENCY",
                description = "How long its answers take, as for 'penstock emulator --latency'.")
        Optional<String> emulateLatency = Optional.empty();

        @Option(names = "--rpm", paramLabel = "N", description = "Your own cap of requests a minute, per model family.")
        OptionalLong requestsPerMinute = OptionalLong.empty();

        @Option(names = "--tpm", paramLabel = "N", description = "Your own cap of tokens a minute, per model family.")
        OptionalLong tokensPerMinute = OptionalLong.empty();

        @Option(names = "--rpd", paramLabel = "N", description = "Your own cap of requests a day, per model family.")
        OptionalLong requestsPerDay = OptionalLong.empty();

        @Option(names = "--concurrency", paramLabel = "N", description = "Most calls in flight, per model family.")
        OptionalInt concurrency = OptionalInt.empty();
    }

    /** Who may wait. */
    static final class Queueing {
        @Option(
                names = "--deadline",
                paramLabel = "TIME",
                description = "How long a request waits that does not say so itself in x-request-deadline-ms (default"
                        + " 8m: the official clients give up after 10).")
        Optional<String> deadline = Optional.empty();

        @Option(
                names = "--timeout",
                paramLabel = "TIME",
                description = "How long an answer may take once the request was sent (default 10m).")
        Optional<String> timeout = Optional.empty();

        @Option(
                names = "--max-attempts",
                paramLabel = "N",
                description = "Attempts after faults, the first one included (default 6). A 429 costs none.")
        OptionalInt maxAttempts = OptionalInt.empty();

        @Option(names = "--max-waiting", paramLabel = "N", description = "Requests that may wait (default 20000).")
        OptionalInt maxWaiting = OptionalInt.empty();

        @Option(
                names = "--keep-alive",
                paramLabel = "TIME",
                description = "Send waiting streams a comment this often, so that nothing on the way hangs up. An error"
                        + " then comes inside a stream with status 200. Off if left out.")
        Optional<String> keepAlive = Optional.empty();

        @Option(
                names = "--join-identical",
                description = "Send identical requests of one tenant that run at the same time once.")
        boolean joinIdentical;
    }

    /** Files. */
    static final class Configuring {
        @Option(
                names = "--config",
                paramLabel = "FILE",
                description = "Upstreams, tenants and their keys, limits and budgets, in YAML; read again when it"
                        + " changes. See examples/gateway.yaml.")
        Optional<Path> config = Optional.empty();

        @Option(names = "--new-key", description = "Make a key for a tenant, print it and its hash, and end.")
        boolean newKey;

        @Option(names = "--schema", description = "Print the JSON Schema of the configuration, and end.")
        boolean schema;

        @Option(names = "--tiers", paramLabel = "FILE", description = "Your own limits as CSV; see 'penstock tiers'.")
        Optional<Path> tiers = Optional.empty();

        @Option(names = "--prices", paramLabel = "FILE", description = "Your own prices as CSV; see 'penstock run'.")
        Optional<Path> prices = Optional.empty();
    }

    GatewayCommand(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() throws InterruptedException {
        return new GatewaySession(shell, this).serve();
    }
}
