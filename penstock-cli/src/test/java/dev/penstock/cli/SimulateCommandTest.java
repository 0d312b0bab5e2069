package dev.penstock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SimulateCommandTest {
    private final Console console = Console.bare();

    @TempDir
    private Path folder;

    @Test
    void withoutOptionsAllStrategiesAreComparedAndTheLimitIsNamed() {
        assertThat(console.run("simulate")).isZero();
        assertThat(console.err()).isEmpty();
        assertThat(console.out())
                .contains("40 requests a second ± 20 % for 1m 00s, 300 tokens each, against 500 requests")
                .contains("none", "tenacity", "sdk", "semaphore", "retry-after", "aimd", "penstock", "batch")
                .contains("RPM binds: Tier 1 carries 500 a minute; ")
                .containsPattern("penstock +2,370 +– +– ");
        assertThat(console.out().lines()).allMatch(line -> line.length() <= SimulationReport.USUAL_WIDTH);
        assertThat(console.out()).doesNotContain("\u001b");
    }

    @Test
    void programsGetAnArrayWithAnObjectForEachStrategy() throws IOException {
        assertThat(console.run("simulate", "--strategy", "none,penstock", "--duration", "30s", "--json"))
                .isZero();
        JsonNode array = new JsonMapper().readTree(console.out());
        assertThat(array.size()).isEqualTo(2);
        List<String> names = new ArrayList<>();
        array.get(0).fieldNames().forEachRemaining(names::add);
        assertThat(names)
                .startsWith(
                        "strategy",
                        "processed",
                        "accepted",
                        "rejected",
                        "given_up",
                        "makespan_seconds",
                        "best_possible_seconds",
                        "quota_used",
                        "wasted_calls_per_success",
                        "wait_p50_seconds",
                        "wait_p95_seconds",
                        "wait_p99_seconds",
                        "cost_dollars");
        JsonNode penstock = array.get(1);
        assertThat(penstock.path("strategy").asText()).isEqualTo("penstock");
        assertThat(penstock.path("accepted").asLong())
                .isEqualTo(penstock.path("processed").asLong())
                .isPositive();
        assertThat(penstock.path("makespan_seconds").asDouble())
                .isGreaterThanOrEqualTo(penstock.path("best_possible_seconds").asDouble());
        assertThat(array.get(0).path("given_up").asLong()).isPositive();
    }

    @Test
    void theSameSeedGivesTheSameBytesAndAnotherOneOthers() {
        String[] options = {"simulate", "--strategy", "tenacity", "--duration", "20s", "--rate", "30", "--csv"};
        assertThat(console.run(options)).isZero();
        String first = console.out();
        Console again = Console.bare();
        assertThat(again.run(options)).isZero();
        assertThat(again.out()).isEqualTo(first).startsWith("strategy,processed,accepted,");
        Console other = Console.bare();
        assertThat(other.run(
                        "simulate",
                        "--strategy",
                        "tenacity",
                        "--duration",
                        "20s",
                        "--rate",
                        "30",
                        "--csv",
                        "--seed",
                        "2"))
                .isZero();
        assertThat(other.out()).isNotEqualTo(first);
    }

    @Test
    void aNumberOfRequestsAloneIsAPile() {
        assertThat(console.run("simulate", "--requests", "600", "--strategy", "penstock", "--rpm", "300"))
                .isZero();
        assertThat(console.out()).contains("600 requests at once", "RPM binds: it carries 300 a minute");
    }

    @Test
    void tenantsAreShownBesideEachOther() {
        assertThat(console.run("simulate", "--tenants", "app=1,batch=20", "--strategy", "penstock"))
                .isZero();
        assertThat(console.out()).containsPattern("penstock +app +\\d").containsPattern("penstock +batch +[\\d,]+");
    }

    @Test
    void aRecordedLogIsPlayed() throws IOException {
        Path log = Files.writeString(folder.resolve("log.csv"), "time,tokens\n0,100\n1.5,200\n3,150\n");
        assertThat(console.run("simulate", "--log", log.toString(), "--strategy", "none"))
                .isZero();
        assertThat(console.out()).contains("3 recorded requests, 150 tokens each");
    }

    @Test
    void chartsAreWrittenAsAPageAndAsPictures() throws IOException {
        Path page = folder.resolve("page.html");
        Path svg = folder.resolve("plot.svg");
        assertThat(console.run(
                        "simulate",
                        "--duration",
                        "10s",
                        "--strategy",
                        "none,penstock",
                        "--html",
                        page.toString(),
                        "--plot",
                        svg.toString()))
                .isZero();
        assertThat(page)
                .content()
                .contains("<svg", "penstock", "default-src 'none'")
                .doesNotContain("http://127", "<script");
        assertThat(svg)
                .content()
                .startsWith("<?xml")
                .contains("class=\"fill-answered\"")
                .endsWith("</svg>\n");
        Path png = folder.resolve("plot.png");
        assertThat(Console.bare().run("simulate", "--duration", "10s", "--strategy", "none", "--plot", png.toString()))
                .isZero();
        assertThat(ImageIO.read(new ByteArrayInputStream(Files.readAllBytes(png)))
                        .getWidth())
                .isEqualTo(1_920);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--strategy tenasity | there is no strategy 'tenasity'; did you mean tenacity?",
                "--rate fast | --rate: 'fast' is no number",
                "--rate 5/w | it must be a number a second, or as 600/m",
                "--rate 0 | the rate is 0.0",
                "--jitter 120% | --jitter is '120%'; it must be 0 to 1, or 0% to 100%",
                "--duration soon | --duration: 'soon' is no time",
                "--duration 900h | at most 30 days",
                "--traffic stedy | did you mean steady?",
                "--traffic bursts | it must say how many and how often, for example bursts:300/30s",
                "--traffic pile --rate 3 | a pile comes at once",
                "--tier 9 | --tier is '9'; for gpt-4o-mini it must be 1, 2, 3, 4, 5",
                "--tier 1 --rpm 5 | give either a tier or the limits themselves",
                "--model gpt-4o-mimi | did you mean gpt-4o-mini?",
                "--shape round | shape is 'round'",
                "--concurrency 0 | the concurrency limit is 0; it must be 1 or more",
                "--tokens many | tokens are 'many'",
                "--json --csv | --json and --csv are both given",
                "--plot a.gif | its name must end in .svg or .png",
                "--log none.csv | none.csv does not exist",
                "--tenants a=0 | the share of tenant 'a' is 0.0",
                "--seed x | --seed is 'x'; it must be a whole number",
            })
    void whatIsWrongIsToldWithTheRule(String options, String message) {
        List<String> arguments = new ArrayList<>(List.of("simulate"));
        arguments.addAll(List.of(options.split(" ")));
        assertThat(console.run(arguments.toArray(String[]::new))).isEqualTo(2);
        assertThat(console.err()).startsWith("penstock: ").contains(message);
        assertThat(console.out()).isEmpty();
    }
}
