package dev.penstock.cli;

import dev.penstock.simulator.Explanation;
import dev.penstock.simulator.Result;
import dev.penstock.simulator.Scenario;
import dev.penstock.simulator.strategy.Strategies;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** Results as files to be looked at. */
final class SimulationFiles {
    private static final String STYLE =
            "body{font:15px/1.5 system-ui,sans-serif;max-width:1040px;margin:2rem auto;padding:0"
                    + " 1rem;color:#1b1f24;background:#fff}h1{font-size:1.3rem}table{border-collapse:collapse;width:100%;margin:1rem"
                    + " 0;font-variant-numeric:tabular-nums}th,td{text-align:right;vertical-align:bottom;white-space:nowrap;padding:.3rem .4rem;border-bottom:1px solid"
                    + " #e3e6ea}th:first-child,td:first-child{text-align:left}td.lost{color:#d0453c}svg{width:100%;height:auto}"
                    + ".muted{color:#646c76}.scroll{overflow-x:auto}"
                    + "@media (prefers-color-scheme:dark){body{color:#e6e8eb;background:#14171c}th,td{border-color:#2b3139}"
                    + "td.lost{color:#ea6a60}.muted{color:#98a1ac}}";

    private SimulationFiles() {}

    /** Says before anything is computed that a file cannot be written. */
    static void checkPlot(Path file) {
        String name = file.toString().toLowerCase(Locale.ROOT);
        if (!name.endsWith(".svg") && !name.endsWith(".png")) {
            throw new UsageException("--plot is '" + file + "'; its name must end in .svg or .png");
        }
    }

    static void writePlot(Path file, Scenario scenario, List<Result> results) {
        Picture picture = new SimulationCharts(scenario, results).picture(true);
        boolean svg = file.toString().toLowerCase(Locale.ROOT).endsWith(".svg");
        byte[] bytes;
        if (svg) {
            bytes = SvgPicture.file(picture, description(scenario)).getBytes(StandardCharsets.UTF_8);
        } else {
            try {
                bytes = PngPicture.bytes(picture);
            } catch (LinkageError | IllegalStateException e) {
                throw new UsageException(
                        "this JDK cannot draw PNG, perhaps because it was installed without a desktop or"
                                + " without fonts; give a name that ends in .svg",
                        e);
            }
        }
        write("--plot", file, bytes);
    }

    static void writePage(Path file, Scenario scenario, List<Result> results) {
        StringBuilder page = new StringBuilder();
        page.append("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
                .append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src"
                        + " 'unsafe-inline'\">\n")
                .append("<title>Penstock simulation</title>\n<style>")
                .append(STYLE)
                .append(SvgPicture.style(true))
                .append("</style>\n<h1>")
                .append(SvgPicture.escaped(scenario.traffic().description()))
                .append("</h1>\n");
        Explanation worst = Explanation.of(scenario, SimulationReport.worst(results));
        page.append("<p>")
                .append(SvgPicture.escaped(worst.situation() + " " + worst.fix()))
                .append("</p>\n");
        table(page, results);
        page.append(
                "<p class=\"muted\">Calls a second over time: answered ones in green upwards, with a dashed line for what"
                        + " the limits carry; 429s in red downwards, on a scale of their own.</p>\n");
        page.append(SvgPicture.element(new SimulationCharts(scenario, results).picture(false), description(scenario)));
        page.append("<h2>In words</h2>\n<ul>\n");
        for (Result result : results) {
            Explanation explanation = Explanation.of(scenario, result);
            page.append("<li>")
                    .append(SvgPicture.escaped(explanation.outcome()))
                    .append(" <span class=\"muted\">(")
                    .append(SvgPicture.escaped(Strategies.description(nameOf(result))))
                    .append(")</span></li>\n");
        }
        page.append("</ul>\n<p class=\"muted\">Made by penstock simulate with seed ")
                .append(scenario.seed())
                .append(".</p>\n</html>\n");
        write("--html", file, page.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static void table(StringBuilder page, List<Result> results) {
        page.append("<div class=\"scroll\"><table>\n<tr><th>strategy<th>answered<th>lost<th>429s<th>per answer"
                + "<th>done in<th>of the least<th>wait p50<th>p95<th>p99<th>cost</tr>\n");
        for (Result result : results) {
            page.append("<tr><td>").append(SvgPicture.escaped(result.strategy()));
            cell(page, Figures.count(result.accepted()));
            page.append(result.givenUp() > 0 ? "<td class=\"lost\">" : "<td>").append(Figures.count(result.givenUp()));
            cell(page, Figures.count(result.rejected()));
            cell(page, String.format(Locale.ROOT, "%.2f", result.wastedCallsPerSuccess()));
            cell(page, Figures.time(Duration.ofNanos((long) (result.makespanSeconds() * 1e9))));
            cell(page, result.givenUp() > 0 ? "" : String.format(Locale.ROOT, "%.2f ×", result.timesBest()));
            for (double part : List.of(0.5, 0.95, 0.99)) {
                cell(page, Figures.time(result.waits().percentile(part)));
            }
            cell(page, result.cost().map(Figures::dollars).orElse(""));
            page.append("</tr>\n");
        }
        page.append("</table></div>\n");
    }

    private static void cell(StringBuilder page, String text) {
        page.append("<td>").append(SvgPicture.escaped(text));
    }

    private static String nameOf(Result result) {
        int colon = result.strategy().indexOf(':');
        return colon < 0 ? result.strategy() : result.strategy().substring(0, colon);
    }

    private static String description(Scenario scenario) {
        return "Calls a second for each strategy: " + scenario.traffic().description();
    }

    private static void write(String option, Path file, byte[] bytes) {
        try {
            Files.write(file, bytes);
        } catch (IOException e) {
            throw new UsageException(option + ": " + file + " cannot be written; check its folder and permissions", e);
        }
    }
}
