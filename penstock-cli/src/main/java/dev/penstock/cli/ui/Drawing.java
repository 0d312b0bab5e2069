package dev.penstock.cli.ui;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.penstock.cli.ui.TracedStrategy.Try;
import dev.penstock.limit.Limit;
import dev.penstock.limit.Unit;
import dev.penstock.simulator.Explanation;
import dev.penstock.simulator.Result;
import dev.penstock.simulator.Scenario;
import dev.penstock.simulator.Series;
import dev.penstock.simulator.Simulation;
import dev.penstock.simulator.strategy.Strategies;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntToDoubleFunction;

/** Plays strategies and tells the page what to draw: figures, and columns of values that all have the same step. */
public final class Drawing {
    /** What is drawn in a moment; the command line takes as many as there are. */
    public static final long MOST_REQUESTS = 300_000;

    private static final double ROUNDED = 1e3;
    private static final JsonFactory JSON = new JsonFactory();

    private record Played(String name, Result result, TracedStrategy trace) {}

    private Drawing() {}

    /**
     * Plays the strategies and writes what came of them.
     *
     * @param strategies names, with arguments if they have any
     * @throws IllegalArgumentException when there is no such strategy, or the scenario has more than {@value #MOST_REQUESTS}
     *     requests
     */
    public static String of(Scenario scenario, List<String> strategies) {
        Scenario bounded = scenario.toBuilder()
                .requests(Math.min(scenario.requests().orElse(Long.MAX_VALUE), MOST_REQUESTS + 1))
                .build();
        List<Played> all = strategies.stream().map(name -> play(bounded, name)).toList();
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            write(json, bounded, all);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    private static Played play(Scenario scenario, String name) {
        TracedStrategy traced = new TracedStrategy(Strategies.of(name, scenario));
        Result result = Simulation.run(scenario, name, traced);
        if (result.processed() > MOST_REQUESTS) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT,
                    "These settings make more than %,d requests, which is more than this page draws. Lower the rate or the"
                            + " time; 'penstock simulate' takes them as they are.",
                    MOST_REQUESTS));
        }
        return new Played(name, result, traced);
    }

    private static void write(JsonGenerator json, Scenario scenario, List<Played> all) throws IOException {
        // What batches take is too long to set the scale for what happens in minutes.
        double step = all.stream()
                .filter(each -> all.size() == 1 || !each.name.equals("batch"))
                .mapToDouble(each -> each.result.series().secondsPerPoint())
                .max()
                .orElse(1);
        Series any = all.getFirst().result.series();
        json.writeStartObject();
        json.writeNumberField("step_seconds", step);
        boolean limited = Double.isFinite(any.limitPerSecond());
        number(json, "limit_per_second", limited ? Optional.of(any.limitPerSecond()) : Optional.empty());
        json.writeStringField(
                "limit_words",
                limited
                        ? String.format(Locale.ROOT, "%,.0f requests of this size a minute", any.limitPerSecond() * 60)
                        : "");
        number(
                json,
                "concurrency",
                scenario.concurrency().isPresent()
                        ? Optional.of((double) scenario.concurrency().getAsInt())
                        : Optional.empty());
        number(
                json,
                "rpm",
                scenario.limits().stream()
                        .filter(limit -> limit.dimension().unit() == Unit.REQUESTS
                                && limit.dimension().window().equals(Duration.ofMinutes(1)))
                        .map(Limit::amount)
                        .map(Long::doubleValue)
                        .findFirst());
        column(json, "offered", any, step, any::offered);
        json.writeArrayFieldStart("strategies");
        for (Played each : all) {
            write(json, scenario, each, step);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, Scenario scenario, Played played, double step) throws IOException {
        Result result = played.result;
        Explanation explanation = Explanation.of(scenario, result);
        json.writeStartObject();
        int argument = played.name.indexOf(':');
        String name = argument < 0 ? played.name : played.name.substring(0, argument);
        json.writeStringField("strategy", name);
        json.writeStringField("description", Strategies.description(name));
        json.writeStringField("situation", explanation.situation());
        json.writeStringField("outcome", (explanation.outcome() + " " + explanation.fix()).strip());
        json.writeNumberField("processed", result.processed());
        json.writeNumberField("accepted", result.accepted());
        json.writeNumberField("rejected", result.rejected());
        json.writeNumberField("given_up", result.givenUp());
        number(json, "makespan_seconds", Optional.of(result.makespanSeconds()));
        number(json, "best_possible_seconds", Optional.of(result.bestPossibleSeconds()));
        number(json, "quota_used", scenario.limits().isEmpty() ? Optional.empty() : Optional.of(result.quotaUsed()));
        number(
                json,
                "wasted_calls_per_success",
                result.accepted() == 0 ? Optional.empty() : Optional.of(result.wastedCallsPerSuccess()));
        number(json, "wait_p50_seconds", Optional.of(seconds(result, 0.50)));
        number(json, "wait_p95_seconds", Optional.of(seconds(result, 0.95)));
        number(json, "wait_p99_seconds", Optional.of(seconds(result, 0.99)));
        number(json, "cost_dollars", result.cost().map(dollars -> dollars.doubleValue()));
        Series series = result.series();
        json.writeObjectFieldStart("series");
        column(json, "offered", series, step, series::offered);
        column(json, "accepted", series, step, series::accepted);
        column(json, "rejected", series, step, series::rejected);
        mean(json, "in_flight", series, step, series::inFlight);
        mean(json, "queue", series, step, series::waiting);
        givenUp(json, played.trace.givenUpBySecond(), series, step);
        json.writeEndObject();
        json.writeArrayFieldStart("retried");
        for (List<Try> tries : played.trace.tries()) {
            json.writeStartArray();
            for (Try each : tries) {
                json.writeStartObject();
                json.writeNumberField("after", Math.round(each.afterSeconds() * ROUNDED) / ROUNDED);
                json.writeBooleanField("accepted", each.accepted());
                json.writeEndObject();
            }
            json.writeEndArray();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void number(JsonGenerator json, String name, Optional<Double> value) throws IOException {
        if (value.isPresent() && Double.isFinite(value.get())) {
            json.writeNumberField(name, Math.round(value.get() * ROUNDED) / ROUNDED);
        } else {
            json.writeNullField(name);
        }
    }

    private static double seconds(Result result, double part) {
        return result.waits().percentile(part).toNanos() / 1e9;
    }

    /** How many happened in each step. Where points are longer than that, they are taken to be even. */
    private static void column(
            JsonGenerator json, String name, Series series, double step, IntToDoubleFunction perSecond)
            throws IOException {
        json.writeArrayFieldStart(name);
        for (int at = 0; at < steps(series, step); at++) {
            json.writeNumber(Math.round(overStep(series, step, at, perSecond) * step * ROUNDED) / ROUNDED);
        }
        json.writeEndArray();
    }

    private static void mean(JsonGenerator json, String name, Series series, double step, IntToDoubleFunction values)
            throws IOException {
        json.writeArrayFieldStart(name);
        for (int at = 0; at < steps(series, step); at++) {
            json.writeNumber(Math.round(overStep(series, step, at, values) * 10) / 10.0);
        }
        json.writeEndArray();
    }

    private static int steps(Series series, double step) {
        return (int) Math.ceil(series.points() * series.secondsPerPoint() / step);
    }

    /** The mean over a step. Points are a second, two, four, ... long, and so is a step. */
    private static double overStep(Series series, double step, int at, IntToDoubleFunction values) {
        int first = (int) (at * step / series.secondsPerPoint());
        int points = (int) Math.max(1, Math.round(step / series.secondsPerPoint()));
        double sum = 0;
        for (int i = first; i < Math.min(series.points(), first + points); i++) {
            sum += values.applyAsDouble(i);
        }
        return sum / points;
    }

    private static void givenUp(JsonGenerator json, long[] bySecond, Series series, double step) throws IOException {
        json.writeArrayFieldStart("given_up");
        for (int at = 0; at < steps(series, step); at++) {
            long sum = 0;
            for (int second = (int) (at * step); second < Math.min(bySecond.length, (at + 1) * step); second++) {
                sum += bySecond[second];
            }
            json.writeNumber(sum);
        }
        json.writeEndArray();
    }
}
