package dev.penstock.gateway.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.queue.Priority;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class ConfigReaderTest {
    static final Upstream WITH_KEY = new Upstream(
            "upstream",
            URI.create("https://api.openai.com/v1"),
            Optional.of(new Secret("sk-SECRET")),
            Optional.empty(),
            Optional.empty(),
            1,
            List.of(),
            List.of(),
            OptionalInt.empty());

    private static final Path FILE = Path.of("/etc/penstock/gateway.yaml");

    private static final String HASH = "sha256:00000000000000000000000000000000000000000000000000000000000000aa";

    private static GatewayConfig read(String yaml) {
        return read(yaml.getBytes(UTF_8));
    }

    private static GatewayConfig read(byte[] bytes) {
        return ConfigReader.read(FILE, bytes, WITH_KEY, GivenSecrets.SOME);
    }

    private static void assertRefused(byte[] bytes, String message) {
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> read(bytes))
                .withMessage(message);
    }

    @Test
    void everythingThatAFileSaysArrives() {
        GatewayConfig config = read("""
                upstreams:
                  - name: main
                    url: https://api.openai.com/v1/
                    key-env: OPENAI_API_KEY
                    organization: org-x
                    project: proj-x
                    weight: 2
                    models: ["gpt-*", text-embedding-3-small]
                    concurrency: 200
                    limits:
                      - {models: gpt-4o-mini, rpm: 500, tpm: 200_000, rpd: 10_000, tpd: 2_000_000}
                      - rpm: 60
                  - name: other
                    url: http://127.0.0.1:8431/v1
                    key-file: secrets/openai
                tenants:
                  - name: search
                    keys: [%s]
                    weight: 0.5
                    priority: normal
                    models: ["gpt-*"]
                    limits: {rpm: 100}
                    concurrency: 10
                    budget: {tokens: 1_000_000, dollars: 5.25, per: month}
                queue: {requests: 10, bytes: 64MiB, body: 1_048_576, deadline: 1m30s, timeout: 2m, attempts: 3}
                keep-alive: 15s
                join-identical: true
                state: spent.state
                """.formatted(HASH));

        Upstream main = config.upstreams().get(0);
        assertThat(main.name()).isEqualTo("main");
        assertThat(main.baseUrl()).isEqualTo(URI.create("https://api.openai.com/v1"));
        assertThat(main.key().map(Secret::reveal)).contains("sk-SECRET-1");
        assertThat(main.organization()).contains("org-x");
        assertThat(main.project()).contains("proj-x");
        assertThat(main.weight()).isEqualTo(2);
        assertThat(main.models()).containsExactly("gpt-*", "text-embedding-3-small");
        assertThat(main.concurrency()).hasValue(200);
        assertThat(main.capsFor("gpt-4o-mini"))
                .containsExactlyInAnyOrder(
                        new Limit(Dimension.REQUESTS_PER_MINUTE, 500),
                        new Limit(Dimension.TOKENS_PER_MINUTE, 200_000),
                        new Limit(Dimension.REQUESTS_PER_DAY, 10_000),
                        new Limit(Dimension.TOKENS_PER_DAY, 2_000_000));
        assertThat(main.capsFor("gpt-4o")).containsExactly(new Limit(Dimension.REQUESTS_PER_MINUTE, 60));
        Upstream other = config.upstreams().get(1);
        assertThat(other.key().map(Secret::reveal)).contains("sk-SECRET-3");
        assertThat(other.weight()).isEqualTo(1);
        assertThat(other.capsFor("gpt-4o")).isEmpty();
        assertThat(config.keys().tenants())
                .containsExactly(new Tenant(
                        "search",
                        0.5,
                        Priority.NORMAL,
                        List.of("gpt-*"),
                        List.of(new Limit(Dimension.REQUESTS_PER_MINUTE, 100)),
                        OptionalInt.of(10),
                        Optional.of(new Budget(
                                OptionalLong.of(1_000_000),
                                Optional.of(new BigDecimal("5.25")),
                                Budget.Period.MONTH))));
        assertThat(config.queue())
                .isEqualTo(new QueueSettings(10, 64L << 20, 1 << 20, Duration.ofSeconds(90), Duration.ofMinutes(2), 3));
        assertThat(config.keepAlive()).contains(Duration.ofSeconds(15));
        assertThat(config.joinIdentical()).isTrue();
        assertThat(config.stateFile()).contains(Path.of("/etc/penstock/spent.state"));
    }

    @Test
    void whatAFileDoesNotSayIsAsWithoutAFile() {
        GatewayConfig config = read("join-identical: false");
        GatewayConfig without = GatewayConfig.of(WITH_KEY);
        assertThat(config.upstreams()).containsExactly(WITH_KEY);
        assertThat(config.keys().isOpen()).isTrue();
        assertThat(config.queue()).isEqualTo(without.queue());
        assertThat(config.keepAlive()).isEqualTo(without.keepAlive());
        assertThat(config.joinIdentical()).isEqualTo(without.joinIdentical());
        assertThat(config.stateFile()).isEqualTo(without.stateFile());
    }

    @Test
    void aTenantOfWhichOnlyNameAndKeyAreSaidIsBoundByNothing() {
        Tenant tenant = read("tenants: [{name: search, keys: [\"" + HASH + "\"]}]")
                .keys()
                .tenants()
                .getFirst();
        assertThat(tenant).isEqualTo(Tenant.unknown("search"));
    }

    @Test
    void aBudgetIsKeptBesideTheFileUnlessItSaysElse() {
        String tenant = "tenants: [{name: search, keys: [\"" + HASH + "\"], budget: {tokens: 5, per: day}}]\n";
        assertThat(read(tenant).stateFile()).contains(Path.of("/etc/penstock/gateway.state"));
        assertThat(read(tenant + "state: /var/lib/spent").stateFile()).contains(Path.of("/var/lib/spent"));
        assertThat(read("state: spent").stateFile()).as("nothing to keep").isEmpty();
    }

    @Test
    void aSmallQueueBoundsBodiesToo() {
        assertThat(read("queue: {bytes: 1MiB}").queue().maxBodyBytes()).isEqualTo(1 << 20);
    }

    @Test
    void aFileIsKeptToOneMebibyte() {
        byte[] most = "#".repeat(1 << 20).getBytes(UTF_8);
        assertRefused(
                most,
                "/etc/penstock/gateway.yaml: says nothing; give at least one key, such as tenants, or leave --config out");
        byte[] more = "#".repeat((1 << 20) + 1).getBytes(UTF_8);
        assertRefused(
                more, "/etc/penstock/gateway.yaml: is larger than 1 MiB, the most that is read; is it the right file?");
    }

    @Test
    void aListIsKeptToTenThousandItems() {
        assertRefused(
                ("tenants: [" + "{},".repeat(10_001) + "]").getBytes(UTF_8),
                "/etc/penstock/gateway.yaml:1:10: tenants has 10,001 items; it may have 10,000 at most; take some out");
    }

    @Test
    void theMarkThatSomeEditorsPutInFrontIsNotPartOfTheFile() {
        assertThat(read("\uFEFFjoin-identical: true").joinIdentical()).isTrue();
    }

    @Test
    void bytesThatAreNoTextAreToldWithTheirPlace() {
        assertRefused(
                new byte[] {'a', ':', ' ', '1', '\n', '#', (byte) 0xff},
                "/etc/penstock/gateway.yaml:2:2: a byte that is not UTF-8; the file must be UTF-8; save it so");
        assertRefused(
                "a: 1\nb: \u0007".getBytes(UTF_8),
                "/etc/penstock/gateway.yaml:2:4: the character U+0007; YAML allows no control characters; remove it");
    }

    @Test
    void moreProblemsThanAnybodyReadsAreCounted() {
        StringBuilder yaml = new StringBuilder();
        for (int i = 0; i < 150; i++) {
            yaml.append("unknown-").append(i).append(": 1\n");
        }
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> read(yaml.toString()))
                .satisfies(refusal -> {
                    assertThat(refusal.problems()).hasSize(101);
                    assertThat(refusal.problems().getLast())
                            .hasToString("/etc/penstock/gateway.yaml: and 50 more problems; correct these first");
                });
    }

    @Test
    void theExampleIsRight() throws Exception {
        Path example = Path.of("../examples/gateway.yaml");
        GatewayConfig config = ConfigReader.read(example, Files.readAllBytes(example), WITH_KEY, GivenSecrets.SOME);
        assertThat(config.upstreams()).containsExactly(WITH_KEY);
        assertThat(config.keys().find("psk-example-search").map(Tenant::name)).contains("search");
        assertThat(config.keys().find("psk-example-reports").map(Tenant::name)).contains("reports");
        assertThat(PublishedSchema.complaints(Files.readString(example))).isEmpty();
    }

    @Test
    void theUpstreamsInTheExamplesRemarksAreRightToo() throws Exception {
        String yaml = Files.readString(Path.of("../examples/gateway.yaml"))
                .replaceFirst("(?s).*# upstreams:", "# upstreams:")
                .replaceFirst("(?s)\nqueue:.*", "")
                .replaceAll("(?m)^# ?", "");
        assertThat(read(yaml).upstreams()).extracting(Upstream::name).containsExactly("main", "spare");
        assertThat(PublishedSchema.complaints(yaml)).isEmpty();
    }
}
