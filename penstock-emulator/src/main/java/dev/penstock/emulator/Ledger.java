package dev.penstock.emulator;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What the emulator saw, at one moment. A claim about a client is checked here, on the server's side. Immutable.
 *
 * @param arrived requests to endpoints with limits
 * @param admitted requests that the limits let through
 * @param answered admitted requests whose whole answer was handed out
 * @param refused 429s of the limits, by reason; reasons that did not occur are left out
 * @param invalid requests that were not understood, not authorized or not found
 * @param tooEarly refusals by a limit that had told a wait which was not over yet
 * @param repeated arrivals of a path and body that had arrived before
 * @param repeatedAfterAnswer admitted requests that had been answered before, and so were paid for twice
 * @param inFlight admitted requests that are not done
 * @param peakConcurrency most requests in flight at a time
 * @param tokensCharged tokens taken at admission
 * @param tokensRefunded tokens given back afterwards
 * @param outputTokens tokens of the answers handed out
 * @param faults faults by kind; kinds that did not occur are left out
 * @param hangUps admitted requests whose client went away before the answer was complete
 * @param otherClientRequests requests that the other client took
 * @param otherClientTokens tokens that the other client took
 * @param firstArrival from the start to the first request; zero if there was none
 * @param lastAnswer from the start to the last answer handed out; zero if there was none
 * @param lastLatency from the admission of the request that was answered last to the end of its answer
 * @param seconds second by second, at most the last two hours; seconds without any event are left out
 * @param batches files and batches, which are counted in none of the other figures but {@code invalid}
 */
public record Ledger(
        long arrived,
        long admitted,
        long answered,
        Map<Refusal, Long> refused,
        long invalid,
        long tooEarly,
        long repeated,
        long repeatedAfterAnswer,
        long inFlight,
        long peakConcurrency,
        long tokensCharged,
        long tokensRefunded,
        long outputTokens,
        Map<Fault, Long> faults,
        long hangUps,
        long otherClientRequests,
        long otherClientTokens,
        Duration firstArrival,
        Duration lastAnswer,
        Duration lastLatency,
        List<Second> seconds,
        BatchLedger batches) {

    public Ledger {
        refused = Map.copyOf(refused);
        faults = Map.copyOf(faults);
        seconds = List.copyOf(seconds);
    }

    /**
     * One second.
     *
     * @param second whole seconds since the start
     * @param tokens tokens charged
     */
    public record Second(long second, long admitted, long refused, long answered, long tokens) {}

    /** 429s of the limits, all reasons together; {@link Fault#BARE_429} is not among them. */
    public long refusedTotal() {
        return refused.values().stream().mapToLong(Long::longValue).sum();
    }

    public long refused(Refusal reason) {
        return refused.getOrDefault(reason, 0L);
    }

    public long faults(Fault fault) {
        return faults.getOrDefault(fault, 0L);
    }

    /** The ledger as a JSON object, the body of {@code GET /emulator/ledger}. */
    public byte[] toJson() {
        JsonBytes json = new JsonBytes();
        json.raw('{');
        field(json, "arrived", arrived).raw(",\n ");
        field(json, "admitted", admitted).raw(",\n ");
        field(json, "answered", answered).raw(",\n ");
        field(json, "refused_total", refusedTotal()).raw(",\n \"refused\":{");
        String comma = "";
        for (Refusal reason : Refusal.values()) {
            json.raw(comma);
            field(json, reason.name().toLowerCase(Locale.ROOT), refused(reason));
            comma = ",";
        }
        json.raw("},\n ");
        field(json, "invalid", invalid).raw(",\n ");
        field(json, "too_early", tooEarly).raw(",\n ");
        field(json, "repeated", repeated).raw(",\n ");
        field(json, "repeated_after_answer", repeatedAfterAnswer).raw(",\n ");
        field(json, "in_flight", inFlight).raw(",\n ");
        field(json, "peak_concurrency", peakConcurrency).raw(",\n ");
        field(json, "tokens_charged", tokensCharged).raw(",\n ");
        field(json, "tokens_refunded", tokensRefunded).raw(",\n ");
        field(json, "output_tokens", outputTokens).raw(",\n \"faults\":{");
        comma = "";
        for (Fault fault : Fault.values()) {
            json.raw(comma);
            field(json, fault.word(), faults(fault));
            comma = ",";
        }
        json.raw("},\n ");
        field(json, "hang_ups", hangUps).raw(",\n \"other_client\":{");
        field(json, "requests", otherClientRequests).raw(',');
        field(json, "tokens", otherClientTokens).raw("},\n ");
        field(json, "first_arrival_ms", firstArrival.toMillis()).raw(",\n ");
        field(json, "last_answer_ms", lastAnswer.toMillis()).raw(",\n ");
        field(json, "last_latency_ms", lastLatency.toMillis()).raw(",\n \"seconds\":[");
        comma = "";
        for (Second second : seconds) {
            json.raw(comma).raw("\n  {");
            field(json, "second", second.second()).raw(',');
            field(json, "admitted", second.admitted()).raw(',');
            field(json, "refused", second.refused()).raw(',');
            field(json, "answered", second.answered()).raw(',');
            field(json, "tokens", second.tokens()).raw('}');
            comma = ",";
        }
        json.raw("],\n \"batches\":");
        batches.write(json);
        json.raw("}\n");
        return json.copy();
    }

    private static JsonBytes field(JsonBytes json, String name, long value) {
        return json.string(name).raw(':').number(value);
    }
}
