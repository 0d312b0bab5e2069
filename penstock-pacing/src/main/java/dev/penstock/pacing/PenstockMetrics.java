package dev.penstock.pacing;

import dev.penstock.quota.QuotaSnapshot;
import dev.penstock.quota.Settlement;
import dev.penstock.verdict.Verdict;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What a {@link Penstock} does, as metrics of Micrometer, which must be on the class path. Bind it once to each registry:
 * {@code new PenstockMetrics(penstock).bindTo(registry)}.
 *
 * <p>Families are a label; the first {@value #MOST_FAMILIES} have series of their own, the rest is counted as {@code other}.
 * No label holds a tenant, a key or a prompt. {@code docs/library.md} lists the metrics.
 *
 * <p>Thread-safe.
 */
public final class PenstockMetrics implements MeterBinder {
    /** Families with series of their own. */
    public static final int MOST_FAMILIES = 100;

    private static final String PREFIX = "penstock.pacing.";
    private static final String OTHER = "other";
    private static final long FRESH_NANOS = Duration.ofMillis(500).toNanos();

    private final Penstock penstock;
    private final Set<String> families = ConcurrentHashMap.newKeySet();
    private final AtomicReference<Seen> seen;

    private record Seen(PenstockSnapshot snapshot, long atNanos) {}

    public PenstockMetrics(Penstock penstock) {
        this.penstock = penstock;
        this.seen = new AtomicReference<>(new Seen(penstock.snapshot(), penstock.nanos()));
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        gauge(registry, "waiting", "Requests that wait for quota.", PenstockSnapshot::waiting);
        gauge(registry, "waiting.limit", "Requests that may wait.", PenstockSnapshot::maxWaiting);
        gauge(registry, "backing.off", "Calls that wait to be repeated after a fault.", PenstockSnapshot::backingOff);
        gauge(registry, "running", "Requests that were let through and have not ended.", PenstockSnapshot::running);
        gauge(registry, "leaked", "Grants that were lost without being closed.", PenstockSnapshot::leaked);
        penstock.listen(new Recorder(registry));
    }

    private interface Figure {
        double of(PenstockSnapshot snapshot);
    }

    private void gauge(MeterRegistry registry, String name, String description, Figure figure) {
        Gauge.builder(PREFIX + name, () -> figure.of(fresh()))
                .description(description)
                .register(registry);
    }

    /** One snapshot for all gauges of a scrape. */
    private PenstockSnapshot fresh() {
        Seen last = seen.get();
        long now = penstock.nanos();
        if (now - last.atNanos < FRESH_NANOS) {
            return last.snapshot;
        }
        Seen next = new Seen(penstock.snapshot(), now);
        seen.set(next);
        return next.snapshot;
    }

    private String label(String family) {
        String name = family.isEmpty() ? "none" : family;
        if (families.contains(name)) {
            return name;
        }
        return families.size() < MOST_FAMILIES && families.add(name) ? name : families.contains(name) ? name : OTHER;
    }

    private final class Recorder implements PacingListener {
        private final MeterRegistry registry;
        private final Set<String> shownLanes = ConcurrentHashMap.newKeySet();
        private final Set<Tags> shownLimits = ConcurrentHashMap.newKeySet();

        Recorder(MeterRegistry registry) {
            this.registry = registry;
        }

        @Override
        public void granted(Ask ask, Duration waited) {
            Timer.builder(PREFIX + "wait")
                    .description("Time that requests have waited which were let through.")
                    .publishPercentileHistogram()
                    .minimumExpectedValue(Duration.ofMillis(1))
                    .maximumExpectedValue(Duration.ofMinutes(10))
                    .tags("family", label(ask.family()))
                    .register(registry)
                    .record(waited);
        }

        @Override
        public void settled(Ask ask, Settlement settlement, Duration ran) {
            Timer.builder(PREFIX + "run")
                    .description("Time from when a request was let through to its end.")
                    .publishPercentileHistogram()
                    .minimumExpectedValue(Duration.ofMillis(10))
                    .maximumExpectedValue(Duration.ofMinutes(10))
                    .tags("family", label(ask.family()), "outcome", outcome(settlement))
                    .register(registry)
                    .record(ran);
            show(ask.family());
        }

        @Override
        public void refused(Ask ask, RefusedException why) {
            count(
                    "refusals",
                    "Requests that were not let through.",
                    "family",
                    label(ask.family()),
                    "reason",
                    reason(why));
        }

        @Override
        public void cancelled(Ask ask) {
            count(
                    "refusals",
                    "Requests that were not let through.",
                    "family",
                    label(ask.family()),
                    "reason",
                    "cancelled");
        }

        @Override
        public void repeated(Ask ask, Verdict because) {
            boolean byQuota = because instanceof Verdict.Throttled || because instanceof Verdict.SlowDown;
            count(
                    "repetitions",
                    "Calls that were sent again.",
                    "family",
                    label(ask.family()),
                    "cause",
                    byQuota ? "quota" : "fault");
        }

        private void count(String name, String description, String... tags) {
            Counter.builder(PREFIX + name)
                    .description(description)
                    .tags(tags)
                    .register(registry)
                    .increment();
        }

        /** A family and its limits have gauges as soon as something of it has ended. */
        private void show(String family) {
            String label = label(family);
            if (label.equals(OTHER)) {
                return;
            }
            if (shownLanes.add(label)) {
                Tags tags = Tags.of("family", label);
                laneGauge("quota.running", "Calls of a family in flight.", tags, family, QuotaSnapshot::inFlight);
                laneGauge(
                        "quota.running.limit",
                        "Calls of a family that may be in flight.",
                        tags,
                        family,
                        QuotaSnapshot::concurrencyLimit);
            }
            fresh().lane(family).ifPresent(lane -> lane.quota().levels().forEach(level -> show(label, family, level)));
        }

        private void show(String label, String family, QuotaSnapshot.Level level) {
            Tags tags = Tags.of(
                    "family",
                    label,
                    "limit",
                    level.limit().dimension().label(),
                    "source",
                    level.source().name().toLowerCase(Locale.ROOT));
            if (!shownLimits.add(tags)) {
                return;
            }
            limitGauge(
                    "quota.remaining",
                    "Units of a limit that may be taken now; negative while in debt.",
                    tags,
                    family,
                    level,
                    QuotaSnapshot.Level::remaining);
            limitGauge(
                    "quota.limit",
                    "Units that a limit grants per window.",
                    tags,
                    family,
                    level,
                    found -> found.limit().amount());
            limitGauge(
                    "quota.taken.by.others",
                    "Share of a limit, 0 to 1, that somebody else consumes.",
                    tags,
                    family,
                    level,
                    QuotaSnapshot.Level::takenByOthers);
        }

        private interface LaneFigure {
            double of(QuotaSnapshot quota);
        }

        private void laneGauge(String name, String description, Tags tags, String family, LaneFigure figure) {
            Gauge.builder(
                            PREFIX + name,
                            () -> fresh().lane(family)
                                    .map(lane -> figure.of(lane.quota()))
                                    .orElse(Double.NaN))
                    .description(description)
                    .tags(tags)
                    .register(registry);
        }

        private interface LevelFigure {
            double of(QuotaSnapshot.Level level);
        }

        private void limitGauge(
                String name,
                String description,
                Tags tags,
                String family,
                QuotaSnapshot.Level shown,
                LevelFigure figure) {
            Gauge.builder(
                            PREFIX + name,
                            () -> level(family, shown).map(figure::of).orElse(Double.NaN))
                    .description(description)
                    .tags(tags)
                    .register(registry);
        }

        private Optional<QuotaSnapshot.Level> level(String family, QuotaSnapshot.Level shown) {
            return fresh().lane(family).stream()
                    .flatMap(lane -> lane.quota().levels().stream())
                    .filter(level -> level.source() == shown.source()
                            && level.limit().dimension().equals(shown.limit().dimension()))
                    .findFirst();
        }
    }

    private static String outcome(Settlement settlement) {
        return switch (settlement) {
            case Settlement.Answered answered -> "answered";
            case Settlement.Failed failed -> "failed";
            case Settlement.Refused refused -> "refused-by-provider";
            case Settlement.SlowedDown slowed -> "slowed-down";
            case Settlement.NeverSent() -> "never-sent";
        };
    }

    private static String reason(RefusedException why) {
        return switch (why) {
            case TooLateException late -> "deadline";
            case TooLargeException large -> "too-large";
            case QueueFullException full -> "queue-full";
            case ClosedException closed -> "closed";
        };
    }
}
