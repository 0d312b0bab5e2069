package dev.penstock.jobs;

import dev.penstock.emulator.Arrival;
import dev.penstock.emulator.Fault;
import dev.penstock.emulator.Ledger;
import dev.penstock.emulator.Outcome.Broken;
import dev.penstock.emulator.Twin;
import dev.penstock.emulator.TwinSettings;
import dev.penstock.limit.Cost;
import dev.penstock.quota.Quota;
import dev.penstock.quota.QuotaSettings;
import dev.penstock.retry.ConnectionWatch;
import dev.penstock.retry.RetryBudget;
import dev.penstock.retry.RetryPolicy;
import dev.penstock.verdict.Verdict;
import dev.penstock.wire.AnswerReading;
import dev.penstock.wire.CostCalibration;
import dev.penstock.wire.CostEstimator;
import dev.penstock.wire.Endpoint;
import dev.penstock.wire.HeaderLookup;
import dev.penstock.wire.RequestFacts;
import dev.penstock.wire.TierRow;
import dev.penstock.wire.TierTable;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;

/**
 * A whole run in virtual time: the production dispatcher and quota on one side, the emulator's twin on the other, real
 * headers and bodies in between, and a network that delays each way by a random 2 to 60 ms, so that requests overtake
 * each other. Hours pass in seconds and the same seed gives the same run.
 */
final class VirtualRun {
    private static final HeaderLookup NO_HEADERS = HeaderLookup.none();
    private static final long MS = 1_000_000;

    private final Twin twin;
    private final Dispatcher<Row> dispatcher;
    private final RandomGenerator random;
    private final Duration timeout;
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final CostCalibration calibration = new CostCalibration();
    private final int[] answeredTimes;

    private long sequence;
    private long now = -5_000_000_000L; // monotonic time may be negative
    private long firstSent;
    private boolean sentAny;
    private long lastAnswer;
    private long lastLatency;
    private int failed;

    record Row(int number, byte[] body, RequestFacts facts) {}

    private record Event(long at, long sequence, Runnable action) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(at, other.at);
            return byTime != 0 ? byTime : Long.compare(sequence, other.sequence);
        }
    }

    /** What came out. Seconds are virtual. */
    record Result(
            int rows,
            int answeredOnce,
            int answeredTwice,
            int failed,
            double seconds,
            double lastLatencySeconds,
            long refusals,
            Ledger ledger) {
        int lost() {
            return rows - answeredOnce - answeredTwice - failed;
        }
    }

    VirtualRun(List<Row> rows, TwinSettings settings, QuotaSettings quotaSettings, Duration timeout, long seed) {
        this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        this.twin = new Twin(settings, seed);
        this.timeout = timeout;
        this.answeredTimes = new int[rows.size()];
        Map<String, Map<Integer, List<Row>>> families = new TreeMap<>();
        int[] placeInStratum = new int[rows.size()];
        for (Row row : rows) {
            long tokens =
                    CostEstimator.estimatedInputTokens(row.facts()) + CostEstimator.reservedOutputTokens(row.facts());
            List<Row> members = families.computeIfAbsent(row.facts().model(), model -> new HashMap<>())
                    .computeIfAbsent(Stratum.of(tokens), stratum -> new ArrayList<>());
            placeInStratum[row.number()] = members.size();
            members.add(row);
        }
        List<Lane<Row>> lanes = new ArrayList<>();
        families.forEach((family, strata) -> {
            Map<Integer, Long> counts = new TreeMap<>();
            strata.forEach((stratum, members) -> counts.put(stratum, (long) members.size()));
            TierTable tiers = TierTable.builtIn();
            Quota quota = new Quota(quotaSettings.withHidden(
                    shown -> tiers.matching(family, shown).map(TierRow::limits).orElse(List.of())));
            lanes.add(new Lane<>(family, quota, new StridePicker<>(counts, (stratum, after, limit) -> {
                List<Row> members = Objects.requireNonNull(strata.get(stratum));
                int from = after == null ? 0 : placeInStratum[after.number()] + 1;
                return members.subList(from, Math.min(members.size(), from + limit));
            })));
        });
        CostEstimator estimator = new CostEstimator(calibration);
        this.dispatcher = new Dispatcher<>(
                lanes,
                new Dispatcher.Costing<>() {
                    @Override
                    public Cost cost(Row row) {
                        return estimator.cost(row.facts());
                    }

                    @Override
                    public long worstCaseNanoDollars(Row row) {
                        return 0;
                    }
                },
                RetryPolicy.DEFAULT,
                new RetryBudget(LiveRun.RETRIES, now),
                SpendGuard.unlimited(),
                new ConnectionWatch(Duration.ofSeconds(15), Duration.ofMinutes(10), random),
                random);
    }

    Result run() {
        long limit = now + Duration.ofDays(3).toNanos();
        long wake = now;
        while (true) {
            @Nullable Event event = events.peek();
            if (event != null && (wake == Long.MAX_VALUE || event.at <= wake)) {
                events.remove();
                now = event.at;
                event.action.run();
            } else if (wake != Long.MAX_VALUE) {
                now = wake;
            } else {
                throw new IllegalStateException("the run is stuck: nothing in flight and nothing to wait for");
            }
            if (now > limit) {
                throw new IllegalStateException("the run takes more than three days");
            }
            boolean waiting = false;
            while (!waiting) {
                switch (dispatcher.next(now)) {
                    case Step.Send<Row> send -> send(send.flight());
                    case Step.Fail<Row> fail -> failed++;
                    case Step.Wait<Row> wait -> {
                        wake = wait.untilNanos().orElse(Long.MAX_VALUE);
                        waiting = true;
                    }
                    case Step.Finished<Row> finished -> {
                        return result();
                    }
                }
            }
        }
    }

    private Result result() {
        int once = 0;
        int twice = 0;
        for (int times : answeredTimes) {
            once += times == 1 ? 1 : 0;
            twice += times > 1 ? 1 : 0;
        }
        return new Result(
                answeredTimes.length,
                once,
                twice,
                failed,
                (lastAnswer - firstSent) / 1e9,
                lastLatency / 1e9,
                dispatcher.refusals(),
                twin.ledger());
    }

    private void send(Flight<Row> flight) {
        if (!sentAny) {
            sentAny = true;
            firstSent = now;
        }
        at(now + networkNanos(), () -> arrive(flight));
    }

    private void arrive(Flight<Row> flight) {
        Row row = flight.row();
        switch (twin.arrive("POST", row.facts().endpoint().path(), NO_HEADERS, row.body(), now)) {
            case Arrival.Refused refused ->
                at(now + networkNanos(), () -> answer(flight, refused.status(), refused.headers(), refused.body()));
            case Arrival.Served served -> throw new AssertionError("a prompt was taken for something else");
            case Arrival.Admitted admitted -> {
                long done = now + admitted.latency().toNanos();
                if (admitted.outcome() instanceof Broken(Fault fault)) {
                    breakDown(flight, admitted, fault, done);
                    return;
                }
                at(done, () -> twin.finished(admitted.ticket(), now));
                at(done + networkNanos(), () -> answer(flight, admitted.status(), admitted.headers(), admitted.body()));
            }
        }
    }

    private void breakDown(Flight<Row> flight, Arrival.Admitted admitted, Fault fault, long done) {
        switch (fault) {
            case SERVER_ERROR, OVERLOADED, BARE_429, CUT -> {
                at(done, () -> twin.finished(admitted.ticket(), now));
                at(done + networkNanos(), () -> answer(flight, admitted.status(), admitted.headers(), admitted.body()));
            }
            case RESET_BEFORE, RESET_IN_BODY -> {
                at(done, () -> twin.finished(admitted.ticket(), now));
                at(
                        done + networkNanos(),
                        () -> settle(flight, AnswerReading.ofFault(Verdict.Fault.CONNECTION_LOST, "")));
            }
            case HANG -> {
                long given = flight.sentAt() + timeout.toNanos();
                at(given, () -> settle(flight, AnswerReading.ofFault(Verdict.Fault.TIMEOUT, "")));
                at(given + networkNanos(), () -> twin.hungUp(admitted.ticket(), now));
            }
            case STREAM_429, STREAM_429_FIRST -> throw new AssertionError("nothing here asks for a stream");
        }
    }

    private void answer(Flight<Row> flight, int status, Map<String, String> headers, byte[] body) {
        settle(flight, AnswerReading.of(flight.row().facts().endpoint(), status, HeaderLookup.of(headers), body));
    }

    private void settle(Flight<Row> flight, AnswerReading reading) {
        reading.requestedTokens()
                .ifPresent(tokens -> calibration.observeRequested(flight.row().facts(), tokens));
        switch (dispatcher.settled(flight, reading.verdict(), reading.states(), 0, now)) {
            case Outcome.Done done -> {
                answeredTimes[flight.row().number()]++;
                lastAnswer = now;
                lastLatency = now - flight.sentAt();
            }
            case Outcome.Failed failure -> failed++;
            case Outcome.Again again -> {}
            case Outcome.Held held -> {}
            case Outcome.LeftOpen open -> throw new AssertionError(open.explanation());
        }
    }

    private void at(long time, Runnable action) {
        events.add(new Event(time, sequence++, action));
    }

    private long networkNanos() {
        return 2 * MS + random.nextLong(58 * MS);
    }

    static Row row(int number, String model, int promptCharacters, int maxOutputTokens) {
        String words =
                "lorem ipsum dolor sit amet ".repeat(promptCharacters / 27 + 1).substring(0, promptCharacters);
        byte[] body = ("{\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":\"" + number + " "
                        + words + "\"}],\"max_completion_tokens\":" + maxOutputTokens + "}")
                .getBytes(StandardCharsets.UTF_8);
        return new Row(number, body, RequestFacts.read(Endpoint.CHAT_COMPLETIONS, body));
    }
}
