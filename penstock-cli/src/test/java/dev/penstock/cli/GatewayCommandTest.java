package dev.penstock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.penstock.emulator.Emulator;
import dev.penstock.emulator.EmulatorSettings;
import dev.penstock.emulator.FamilyLimits;
import dev.penstock.emulator.Latency;
import dev.penstock.emulator.LimitText;
import dev.penstock.emulator.TwinSettings;
import dev.penstock.gateway.config.KeyRing;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The gateway's options, and the gateway as a process. */
@Timeout(120)
class GatewayCommandTest {
    private static final Latency ENDLESS = Latency.parse("10m");

    private final Console console = Console.bare();

    @AutoClose
    private final HttpClient client = HttpClient.newHttpClient();

    @TempDir
    private Path folder;

    @Test
    void helpGoesToStandardOutput() {
        assertThat(console.run("gateway", "--help")).isZero();
        assertThat(console.out())
                .contains("Usage: penstock gateway", "--emulate", "--deadline", "--config", "--new-key", "--insecure");
        assertThat(console.err()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"--prot,--port", "--admin-prt,--admin-port", "--upsteam,--upstream", "--joinidentical,--join-identical"
    })
    void theNearestOptionIsSuggested(String typed, String meant) {
        assertThat(console.run("gateway", typed)).isEqualTo(2);
        assertThat(console.err())
                .startsWith("penstock: unknown option " + typed + "; did you mean " + meant + "?")
                .contains("See penstock gateway --help.");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--port 70000 | --port is 70000; it must be 0 (any free one) to 65535",
                "--admin-port -1 | --admin-port is -1; it must be 0 (any free one) to 65535",
                "--port many | --port is 'many'; it must be a whole number",
                "--deadline soon | --deadline is 'soon'; it must be a duration from 1s to 24h, such as 90s",
                "--timeout 0s | --timeout is '0s'; it must be a duration from 1s to 24h, such as 90s",
                "--deadline 48h | --deadline is '48h'; it must be a duration from 1s to 24h",
                "--keep-alive 15 | --keep-alive is '15'; it must be a duration from 1s to 5m",
                "--max-waiting 0 | --max-waiting is 0; it must be 1 to 1,000,000",
                "--max-attempts 0 | --max-attempts is 0; it must be 1 to 20",
                "--concurrency 0 | --concurrency is 0; it must be 1 or more",
                "--rpm 0 | --rpm is 0; it must be 1 or more",
                "--config | --config needs a value: --config FILE",
                "--emulate tier-9 | --emulate is 'tier-9'; it must be free, 1 to 5",
                "--emulate 1 --emulate-latency brief | --emulate-latency: latency is 'brief'",
                "--upstream here | the base URL of the upstream must be absolute",
                "--upstream http://u:hunter2@127.0.0.1/v1 | the base URL for 127.0.0.1 holds a user, a query or a fragment",
                "--upstream http://127.0.0.1/v1?key=x | the base URL for 127.0.0.1 holds a user, a query or a fragment",
                "--upstream http://localhost:8429/v1 | the upstream http://localhost:8429/v1 is this gateway itself",
                "--port 9001 --upstream http://127.0.0.1:8430/v1 | the upstream http://127.0.0.1:8430/v1 is this gateway",
                "--upstream ftp://127.0.0.1/v1 | the base URL of the upstream must be absolute",
            })
    void aValueIsRefusedWithWhatItMustBe(String options, String sentence) {
        refused(options, sentence);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--port 9000 --admin-port 9000 | --port and --admin-port are both 9000",
                "--port 8430 | --port and --admin-port are both 8430",
                "--emulate 1 --upstream http://127.0.0.1:1/v1 | --emulate answers by itself",
                "--emulate 1 --api-key-env TEAM_KEY | --emulate answers by itself",
                "--emulate-latency 1s | --emulate-latency is given without --emulate",
                "--new-key --schema | --new-key and --schema each print something else and end",
            })
    void optionsThatContradictEachOtherAreRefused(String options, String sentence) {
        refused(options, sentence);
    }

    private void refused(String options, String sentence) {
        assertThat(console.run(("gateway " + options).split(" ", -1))).isEqualTo(2);
        assertThat(console.err()).startsWith("penstock: " + sentence);
        assertThat(console.out()).isEmpty();
    }

    @Test
    void aKeyThatIsNamedMustBeThere() {
        assertThat(console.run("gateway", "--api-key-env", "TEAM_KEY")).isEqualTo(2);
        assertThat(console.err()).contains("the environment variable TEAM_KEY is not set", "export TEAM_KEY=");
    }

    @Test
    void aBaseUrlThatIsNoneIsRefusedWithoutRepeatingIt() {
        Console secretive = new Console(Map.of("OPENAI_BASE_URL", "https://user:hunter2@ host/v1"));
        assertThat(secretive.run("gateway")).isEqualTo(2);
        assertThat(secretive.err()).contains("OPENAI_BASE_URL is no address").doesNotContain("hunter2");
    }

    @Test
    void aNewKeyComesWithItsHashAndIsExplainedBeside() throws NoSuchAlgorithmException {
        assertThat(console.run("gateway", "--new-key")).isZero();
        List<String> lines = console.out().lines().toList();
        assertThat(lines).hasSize(2);
        String key = lines.getFirst();
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.US_ASCII));
        assertThat(key).matches("psk-[A-Za-z0-9_-]{43}");
        assertThat(lines.getLast()).isEqualTo("sha256:" + HexFormat.of().formatHex(digest));
        assertThat(console.err())
                .contains("give it to the tenant", "keys:", "is not shown again")
                .doesNotContain(key);
        assertThat(console.run("gateway", "--new-key")).isZero();
        assertThat(console.out()).doesNotContain(key);
    }

    @Test
    void theSchemaIsJsonThatKnowsWhatTheExampleUses() throws IOException {
        assertThat(console.run("gateway", "--schema")).isZero();
        JsonNode schema = new ObjectMapper().readTree(console.out());
        assertThat(schema.at("/$schema").asText()).startsWith("https://json-schema.org/");
        assertThat(schema.at("/properties").properties())
                .map(Map.Entry::getKey)
                .contains("tenants", "upstreams", "queue");
        assertThat(console.err()).isEmpty();
    }

    @Test
    void everyMistakeInAFileIsToldWithItsPlaceBeforeAnythingListens() throws IOException {
        Path file = folder.resolve("gateway.yaml");
        Files.writeString(
                file, "queue:\n  deadlin: 5m\ntenants:\n  - name: web\n    keys: [\"" + Console.KEY + "\"]\n");
        assertThat(console.run(
                        "gateway", "--emulate", "1", "--port", "0", "--admin-port", "0", "--config", file.toString()))
                .isEqualTo(2);
        assertThat(console.err().lines())
                .hasSize(2)
                .anyMatch(line -> line.startsWith(
                        "penstock: " + file + ":2:3: unknown key \"deadlin\" in queue;" + " did you mean deadline?"))
                .anyMatch(line -> line.startsWith("penstock: " + file + ":5:12: "));
        assertThat(console.err()).doesNotContain(Console.KEY);
        assertThat(console.out()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--emulate 1",
                "--rpm 3",
                "--upstream http://127.0.0.1:2/v1",
                "--concurrency 5",
                "--tpm 900 --rpd 10"
            })
    void whatWouldMeanNothingBesideTheUpstreamsOfAFileIsRefused(String options) throws IOException {
        Path file = folder.resolve("gateway.yaml");
        Files.writeString(file, "upstreams:\n  - name: main\n    url: http://127.0.0.1:1/v1\n");
        String line = "gateway --config " + file + " --port 0 --admin-port 0 " + options;
        assertThat(console.run(line.split(" ", -1))).isEqualTo(2);
        assertThat(console.err())
                .startsWith("penstock: the configuration names upstreams, and " + options.split(" ", -1)[0])
                .contains("would mean nothing beside them");
    }

    @Test
    void aFileThatIsNotThereIsNamed() {
        assertThat(console.run("gateway", "--config", "none.yaml")).isEqualTo(2);
        assertThat(console.err()).startsWith("penstock: none.yaml: does not exist");
    }

    @Test
    void itListensForOthersOnlyIfTheyNeedKeysOrSomebodySaidSo() {
        for (String host : List.of("0.0.0.0", "::", "192.0.2.1", "127.example.com", "")) {
            assertThat(console.run("gateway", "--host", host, "--port", "0", "--admin-port", "0"))
                    .as(host)
                    .isEqualTo(2);
            assertThat(console.err())
                    .startsWith("penstock: --host is " + host + ", and there are no tenants with keys")
                    .contains("--config", "127.0.0.1", "--insecure");
        }
        Shell shell = new Shell(System.out, System.err, name -> Optional.empty(), false);
        GatewayCommand command = new GatewayCommand(shell);
        GatewayOptions options = new GatewayOptions(shell, command);
        command.host = "0.0.0.0";
        assertThatThrownBy(() -> options.checkWhoMayComeIn(KeyRing.open())).isInstanceOf(UsageException.class);
        command.configuring.config = Optional.of(Path.of("..", "examples", "gateway.yaml"));
        KeyRing keys = options.configFile(options.emulator(URI.create("http://127.0.0.1:1/v1")))
                .orElseThrow()
                .current()
                .keys();
        assertThatCode(() -> options.checkWhoMayComeIn(keys)).doesNotThrowAnyException();
        command.insecure = true;
        assertThatCode(() -> options.checkWhoMayComeIn(KeyRing.open())).doesNotThrowAnyException();
    }

    @Test
    void aPortThatIsTakenIsToldInASentence() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = String.valueOf(taken.getLocalPort());
            assertThat(console.run("gateway", "--emulate", "1", "--port", port, "--admin-port", "0"))
                    .isEqualTo(2);
            assertThat(console.err())
                    .startsWith("penstock: port " + port + " on 127.0.0.1 cannot be used")
                    .contains("choose another port");
            assertThat(console.run("gateway", "--emulate", "1", "--port", "0", "--admin-port", port))
                    .isEqualTo(2);
            assertThat(console.err())
                    .startsWith("penstock: admin port " + port + " on 127.0.0.1 cannot be used")
                    .contains("choose another port");
            assertThat(console.out()).as("a port that nobody serves").isEmpty();
        }
    }

    @Test
    void itTriesItselfOutWithAnEmulatorAndEndsWellWhenInterrupted() throws IOException, InterruptedException {
        try (Command gateway = Command.start(
                folder,
                "gateway",
                "--port",
                "0",
                "--admin-port",
                "0",
                "--emulate",
                "tier-1",
                "--emulate-latency",
                "0s")) {
            int port = Integer.parseInt(gateway.line());
            gateway.untilErrContains("export OPENAI_BASE_URL=http://127.0.0.1:" + port + "/v1 OPENAI_API_KEY=any");
            assertThat(gateway.err())
                    .contains("Gateway at http://127.0.0.1:" + port + "/v1", "anyone on this machine")
                    .contains("at most 20,000 requests, 8m 00s each", "live page  http://127.0.0.1:");
            assertThat(ask(port).join().statusCode()).isEqualTo(200);
            gateway.signal("INT");
            assertThat(gateway.exitCode()).isZero();
            assertThat(gateway.err()).contains("Stopping: ");
        }
    }

    @Test
    void toldToStopItLetsWhatRunsEndAndRefusesWhatWaits() throws IOException, InterruptedException {
        TwinSettings.Builder twin = TwinSettings.builder()
                .latency(Latency.parse("2s"))
                .limits(FamilyLimits.same(List.of(LimitText.parse("1req/1h"))));
        try (Emulator upstream = Emulator.start(EmulatorSettings.of(twin.build()));
                Command gateway = inFrontOf(upstream, "--timeout", "60s", "--deadline", "2h")) {
            int port = Integer.parseInt(gateway.line());
            CompletableFuture<HttpResponse<String>> first = ask(port);
            gateway.until("the first runs", () -> upstream.ledger().inFlight() == 1);
            CompletableFuture<HttpResponse<String>> second = ask(port);
            int admin = adminPort(gateway);
            gateway.until("the second waits", () -> metrics(admin).contains("penstock_gateway_queue_requests 1.0"));
            gateway.signal("TERM");
            assertThat(second.join().statusCode()).isEqualTo(503);
            assertThat(second.join().body()).contains("\"code\":\"gateway_stopping\"");
            assertThat(first.join().statusCode()).isEqualTo(200);
            assertThat(gateway.exitCode()).isZero();
            assertThat(gateway.err()).contains("Stopped: 1 call finished, 1 request turned away.");
            assertThat(upstream.ledger().answered()).isOne();
            assertThat(upstream.ledger().hangUps()).isZero();
        }
    }

    @Test
    void toldTwiceItStopsAtOnce() throws IOException, InterruptedException {
        TwinSettings.Builder twin = TwinSettings.builder().latency(ENDLESS);
        try (Emulator upstream = Emulator.start(EmulatorSettings.of(twin.build()));
                Command gateway = inFrontOf(upstream)) {
            int port = Integer.parseInt(gateway.line());
            CompletableFuture<HttpResponse<String>> endless = ask(port);
            gateway.until("it runs", () -> upstream.ledger().inFlight() == 1);
            gateway.signal("TERM");
            gateway.untilErrContains("Ctrl-C again stops at once");
            gateway.signal("INT");
            assertThat(gateway.exitCode()).isEqualTo(130);
            assertThat(endless).failsWithin(Duration.ofSeconds(30));
            gateway.until("the upstream sees it", () -> upstream.ledger().hangUps() == 1);
        }
    }

    @Test
    void aFileIsReadAgainWhenItChangesAndKeptOutWhenItIsBroken() throws IOException, InterruptedException {
        Path file = folder.resolve("gateway.yaml");
        exchange(file, tenants("psk-first"));
        try (Command gateway = Command.start(
                folder,
                "gateway",
                "--port",
                "0",
                "--admin-port",
                "0",
                "--emulate",
                "1",
                "--emulate-latency",
                "0s",
                "--config",
                file.toString())) {
            int port = Integer.parseInt(gateway.line());
            assertThat(ask(port, "psk-first").join().statusCode()).isEqualTo(200);
            assertThat(ask(port, "psk-second").join().statusCode()).isEqualTo(401);

            exchange(file, "tenants: nobody, for now\n");
            gateway.untilErrContains("the configuration is not changed until the file is in order");
            assertThat(gateway.err()).contains("penstock: " + file + ":1:10: ");
            assertThat(ask(port, "psk-first").join().statusCode()).isEqualTo(200);

            exchange(file, tenants("psk-second"));
            gateway.untilErrContains("The configuration was read again");
            gateway.until(
                    "the second key is known",
                    () -> ask(port, "psk-second").join().statusCode() == 200);
            assertThat(ask(port, "psk-first").join().statusCode()).isEqualTo(401);
            assertThat(gateway.err()).doesNotContain("psk-");
        }
    }

    /** As editors do it: nobody may read half a file. */
    private void exchange(Path file, String text) throws IOException {
        Path written = Files.writeString(folder.resolve("gateway.yaml.new"), text);
        Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private Command inFrontOf(Emulator upstream, String... more) throws IOException {
        List<String> line = new ArrayList<>(List.of(
                "gateway",
                "--port",
                "0",
                "--admin-port",
                "0",
                "--upstream",
                upstream.baseUri().toString()));
        line.addAll(List.of(more));
        return Command.start(folder, line.toArray(String[]::new));
    }

    private CompletableFuture<HttpResponse<String>> ask(int port) {
        return ask(port, "any");
    }

    private CompletableFuture<HttpResponse<String>> ask(int port, String key) {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/chat/completions"))
                .header("Authorization", "Bearer " + key)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(
                        "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}"))
                .build();
        return client.sendAsync(request, HttpResponse.BodyHandlers.ofString());
    }

    private static int adminPort(Command gateway) {
        gateway.untilErrContains("export OPENAI_BASE_URL=");
        String err = gateway.err();
        int start = err.indexOf("live page  http://127.0.0.1:") + "live page  http://127.0.0.1:".length();
        return Integer.parseInt(err.substring(start, err.indexOf('/', start)));
    }

    private String metrics(int adminPort) {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + adminPort + "/metrics"))
                .build();
        return client.sendAsync(request, HttpResponse.BodyHandlers.ofString())
                .join()
                .body();
    }

    private static String tenants(String key) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.US_ASCII));
            return "tenants:\n  - name: web\n    keys: [\"sha256:"
                    + HexFormat.of().formatHex(digest) + "\"]\n";
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
