package dev.penstock.gateway.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.penstock.emulator.Latency;
import dev.penstock.emulator.Ledger;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What people type into a shell. */
@Timeout(60)
final class CurlTest {
    private static final String ASK =
            "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}";
    private static final String ASK_FOR_A_STREAM = "{\"model\":\"gpt-4o-mini\",\"stream\":true,"
            + "\"max_completion_tokens\":2000,\"stream_options\":{\"include_usage\":true},"
            + "\"messages\":[{\"role\":\"user\",\"content\":\"Tell me a story.\"}]}";

    /** One that can print headers of an answer, which is 7.84 of 2022 or newer. */
    @BeforeAll
    static void needsCurl() {
        Optional<Path> curl = Arrays.stream(
                        Optional.ofNullable(System.getenv("PATH")).orElse("").split(File.pathSeparator))
                .map(folder -> Path.of(folder, "curl"))
                .filter(Files::isExecutable)
                .findFirst();
        assumeTrue(curl.isPresent(), "no curl on the PATH; install it to test with it");
    }

    @Test
    void thirtyCallsAtOnceAreAllAnsweredWhereTheQuotaAllowsTenASecond() throws IOException {
        try (ServedApi api = ServedApi.gateway(10, Latency.parse("20ms..60ms"))) {
            List<String> lines = curl(
                    api,
                    ASK,
                    "?n=[1-30]",
                    "--parallel",
                    "--parallel-immediate",
                    "--parallel-max",
                    "30",
                    "--output",
                    "/dev/null",
                    "--write-out",
                    "%{http_code} %header{content-type} %header{x-penstock-queue-ms}\\n");
            assertThat(lines).hasSize(30).allMatch(line -> line.matches("200 application/json \\d+"));
            assertThat(lines)
                    .as("queue times of which some are longer than a second")
                    .anyMatch(line -> line.matches(".* \\d{4,}"));
            Ledger ledger = api.ledger();
            assertThat(ledger.answered()).isEqualTo(30);
            assertThat(ledger.admitted()).isEqualTo(30);
            assertThat(ledger.refusedTotal()).isLessThanOrEqualTo(6);
        }
    }

    @Test
    void aStreamIsShownWhileItIsProducedAndEndsAsItShould() throws IOException {
        try (ServedApi api = ServedApi.gateway(10, Latency.parse("tokens:50ms,150/s"))) {
            Process curl = start(api, ASK_FOR_A_STREAM, "", "--no-buffer", "--include");
            List<String> events = new ArrayList<>();
            try (BufferedReader lines = curl.inputReader(StandardCharsets.UTF_8)) {
                assertThat(lines.readLine()).isEqualTo("HTTP/1.1 200 OK");
                for (String header = lines.readLine(); header != null && !header.isEmpty(); header = lines.readLine()) {
                    events.add(header.toLowerCase(Locale.ROOT));
                }
                assertThat(events).contains("content-type: text/event-stream; charset=utf-8");
                events.clear();
                events.add(lines.readLine());
                // The upstream has not finished when the terminal shows the first event.
                assertThat(api.ledger().answered()).isZero();
                lines.lines().filter(line -> !line.isEmpty()).forEach(events::add);
            } finally {
                end(curl);
            }
            assertThat(events).hasSizeGreaterThan(10).allMatch(line -> line.startsWith("data: "));
            assertThat(events.getLast()).isEqualTo("data: [DONE]");
            assertThat(events.get(events.size() - 2)).contains("\"usage\":{");
            assertThat(api.ledger().answered()).isOne();
        }
    }

    private static List<String> curl(ServedApi api, String body, String query, String... options) throws IOException {
        Process curl = start(api, body, query, options);
        try (BufferedReader lines = curl.inputReader(StandardCharsets.UTF_8)) {
            return lines.lines().toList();
        } finally {
            end(curl);
        }
    }

    private static Process start(ServedApi api, String body, String query, String... options) throws IOException {
        List<String> command =
                new ArrayList<>(List.of("curl", "--silent", "--no-progress-meter", "--show-error", "--noproxy", "*"));
        command.addAll(List.of(options));
        command.addAll(List.of("--max-time", "50", "--header", "Content-Type: application/json", "--data", body));
        command.add(api.baseUrl() + "/chat/completions" + query);
        return new ProcessBuilder(command)
                .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /** It has closed its output, or the test has failed. */
    private static void end(Process curl) {
        curl.destroyForcibly().onExit().join();
    }
}
