package dev.penstock.gateway.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.gateway.GatewayEvents.Ended;
import dev.penstock.gateway.GatewaySnapshot;
import dev.penstock.gateway.Outcome;
import dev.penstock.wire.Usage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MetricsTest {
    private final Metrics metrics = new Metrics();

    @Test
    void everyOutcomeOfATenantAndFamilyIsCountedFromItsFirstRequestOn() {
        metrics.ended(Scene.answered("web", "gpt-4o-mini", 100, 40));
        metrics.ended(Scene.ended(Outcome.REFUSED_DEADLINE, "web", "gpt-4o-mini", "too late"));
        metrics.ended(Scene.ended(Outcome.REFUSED_DEADLINE, "web", "gpt-4o-mini", "too late"));

        String labels = "{family=\"gpt-4o-mini\",outcome=\"%s\",tenant=\"web\"}";
        assertThat(value("penstock_gateway_requests_total" + labels.formatted("answered")))
                .isEqualTo(1);
        assertThat(value("penstock_gateway_requests_total" + labels.formatted("refused-deadline")))
                .isEqualTo(2);
        assertThat(value("penstock_gateway_requests_total" + labels.formatted("refused-queue-full")))
                .as("a rate needs a zero to start from")
                .isEqualTo(0);
    }

    @Test
    void tokensCostAndAttemptsAddUp() {
        metrics.ended(new Ended(
                Outcome.ANSWERED,
                "web",
                "gpt-4o-mini",
                "openai",
                Duration.ZERO,
                Duration.ofSeconds(1),
                3,
                Optional.of(new Usage(1_000, 400, 50)),
                2_500_000_000_000L,
                ""));
        metrics.ended(Scene.answered("web", "gpt-4o-mini", 24, 6));

        String labels = "{family=\"gpt-4o-mini\",tenant=\"web\"}";
        assertThat(value("penstock_gateway_attempts_total" + labels)).isEqualTo(4);
        assertThat(value("penstock_gateway_input_tokens_total" + labels)).isEqualTo(1_024);
        assertThat(value("penstock_gateway_cached_input_tokens_total" + labels)).isEqualTo(406);
        assertThat(value("penstock_gateway_output_tokens_total" + labels)).isEqualTo(56);
        assertThat(value("penstock_gateway_cost_dollars_total" + labels)).isEqualTo(2.50015);
    }

    @Test
    void waitingAndRunningTimesFallIntoBucketsAndOnlyOfRequestsThatWereSent() {
        metrics.ended(Scene.answered("web", "gpt-4o-mini", 1, 1));
        metrics.ended(Scene.ended(Outcome.REFUSED_QUEUE_FULL, "web", "gpt-4o-mini", "full"));

        assertThat(value("penstock_gateway_wait_seconds_bucket{tenant=\"web\",le=\"0.1\"}"))
                .isEqualTo(0);
        assertThat(value("penstock_gateway_wait_seconds_bucket{tenant=\"web\",le=\"0.3\"}"))
                .isEqualTo(1);
        assertThat(value("penstock_gateway_wait_seconds_count{tenant=\"web\"}")).isEqualTo(1);
        assertThat(value("penstock_gateway_run_seconds_bucket{family=\"gpt-4o-mini\",le=\"600.0\"}"))
                .isEqualTo(1);
        assertThat(value("penstock_gateway_run_seconds_sum{family=\"gpt-4o-mini\"}"))
                .isEqualTo(1.5);
    }

    @Test
    void refusalsAndRetriesAreCountedByUpstream() {
        metrics.ended(Scene.answered("web", "gpt-4o", 1, 1));
        metrics.refusedByUpstream("openai", "gpt-4o");
        metrics.refusedByUpstream("openai", "gpt-4o");
        metrics.retried("openai", "gpt-4o");
        metrics.retried("openai", "made-up");

        assertThat(value("penstock_gateway_upstream_refusals_total{family=\"gpt-4o\",upstream=\"openai\"}"))
                .isEqualTo(2);
        assertThat(value("penstock_gateway_retries_total{family=\"gpt-4o\",upstream=\"openai\"}"))
                .isEqualTo(1);
        assertThat(value("penstock_gateway_retries_total{family=\"other\",upstream=\"openai\"}"))
                .isEqualTo(1);
    }

    @Test
    void namesThatNobodyAnsweredForMakeNoSeries() {
        metrics.ended(Scene.ended(Outcome.REFUSED_INVALID, "sk-not-a-tenant", "sk-not-a-model", "unknown key"));
        metrics.ended(Scene.ended(Outcome.FAILED_UPSTREAM, "web", "no-such-model", "there is no such model"));

        String text = metrics.scrape(Scene.busySnapshot());
        assertThat(text).doesNotContain("sk-not", "no-such-model", "tenant=\"web\"");
        assertThat(
                        value(
                                "penstock_gateway_requests_total{family=\"other\",outcome=\"refused-invalid\",tenant=\"other\"}"))
                .isEqualTo(1);
    }

    @Test
    void callsWithoutAModelAreNamedSo() {
        metrics.ended(Scene.answered("web", "", 0, 0));

        assertThat(value("penstock_gateway_requests_total{family=\"none\",outcome=\"answered\",tenant=\"web\"}"))
                .isEqualTo(1);
    }

    @Test
    void theNumberOfSeriesIsBoundedAndNothingIsLost() {
        int tenants = Metrics.MOST_TENANTS + 50;
        for (int tenant = 0; tenant < tenants; tenant++) {
            metrics.ended(Scene.answered("tenant-" + tenant, "family-" + tenant % 150, 1, 1));
        }
        for (int i = 0; i < 3_000; i++) {
            metrics.ended(Scene.answered("tenant-" + i % 60, "family-" + i / 60, 1, 1));
        }

        List<String> answered = metrics.scrape(Scene.quiet(false))
                .lines()
                .filter(line -> line.startsWith("penstock_gateway_requests_total{") && line.contains("\"answered\""))
                .toList();
        // One more for those that are counted together, and up to one for each name beside "other".
        assertThat(answered).hasSizeLessThanOrEqualTo(Metrics.MOST_PAIRS + 1);
        assertThat(answered.stream().filter(line -> line.contains("tenant=\"other\"")))
                .isNotEmpty();
        assertThat(answered.stream().mapToDouble(MetricsTest::number).sum()).isEqualTo(tenants + 3_000);
    }

    @Test
    void aLongNameIsCut() {
        metrics.ended(Scene.answered("x".repeat(10_000), "gpt-4o", 1, 1));

        assertThat(metrics.scrape(Scene.quiet(false)))
                .contains("\"" + "x".repeat(80) + "\"")
                .doesNotContain("x".repeat(81));
    }

    @Test
    void levelsAreThoseOfTheSnapshotAndGoWithIt() {
        metrics.ended(Scene.answered("web", "gpt-4o-mini", 1, 1));
        GatewaySnapshot busy = Scene.busySnapshot();

        String text = metrics.scrape(busy);
        assertThat(value(text, "penstock_gateway_queue_requests")).isEqualTo(340);
        assertThat(value(text, "penstock_gateway_queue_requests_limit")).isEqualTo(20_000);
        assertThat(value(text, "penstock_gateway_queue_bytes")).isEqualTo(1_310_720);
        assertThat(value(text, "penstock_gateway_running_calls")).isEqualTo(13);
        String quota = "account=\"key 3fa9c1\",family=\"gpt-4o-mini\"";
        String limit = "{" + quota + ",limit=\"requests per minute\",source=\"headers\",upstream=\"openai\"}";
        assertThat(value(text, "penstock_gateway_quota_remaining" + limit)).isEqualTo(4.2);
        assertThat(value(text, "penstock_gateway_quota_limit" + limit)).isEqualTo(500);
        assertThat(value(text, "penstock_gateway_quota_sets_the_pace" + limit)).isEqualTo(1);
        assertThat(value(text, "penstock_gateway_quota_rate" + limit)).isEqualTo(500 / 60.0);
        assertThat(value(text, "penstock_gateway_quota_waiting{" + quota + ",upstream=\"openai\"}"))
                .isEqualTo(331);
        assertThat(value(text, "penstock_gateway_quota_requests_per_minute{" + quota + ",upstream=\"openai\"}"))
                .isEqualTo(491);
        assertThat(value(text, "penstock_gateway_tenant_longest_wait_seconds{tenant=\"web\"}"))
                .isEqualTo(6.3);

        assertThat(metrics.scrape(Scene.quiet(true)))
                .contains("penstock_gateway_stopping 1.0")
                .doesNotContain("penstock_gateway_quota_remaining{", "penstock_gateway_tenant_waiting{");
        assertThat(value(metrics.scrape(busy), "penstock_gateway_quota_remaining" + limit))
                .isEqualTo(4.2);
    }

    @Test
    void everyMetricIsExplained() throws IOException {
        metrics.ended(Scene.answered("web", "gpt-4o-mini", 1, 1));
        metrics.refusedByUpstream("openai", "gpt-4o-mini");
        metrics.retried("openai", "gpt-4o-mini");
        String guide = Files.readString(Path.of("..", "docs", "gateway-metrics.md"));

        List<String> names = metrics.scrape(Scene.busySnapshot())
                .lines()
                .filter(line -> line.startsWith("# TYPE penstock_"))
                .map(line -> line.split(" ", -1)[2])
                .toList();
        assertThat(names).hasSizeGreaterThan(25);
        assertThat(names).allSatisfy(name -> assertThat(guide).contains("`" + name + "`"));
    }

    private double value(String series) {
        return value(metrics.scrape(Scene.quiet(false)), series);
    }

    private static double value(String text, String series) {
        List<String> found =
                text.lines().filter(line -> line.startsWith(series + " ")).toList();
        assertThat(found).as("%s in%n%s", series, text).hasSize(1);
        return number(found.getFirst());
    }

    private static double number(String line) {
        return Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
    }
}
