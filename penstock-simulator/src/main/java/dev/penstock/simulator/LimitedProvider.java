package dev.penstock.simulator;

import dev.penstock.emulator.limiter.ConcurrencyCap;
import dev.penstock.emulator.limiter.LimitVector;
import dev.penstock.emulator.limiter.Limiter;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.LimitExceeded;
import dev.penstock.limit.LimitState;
import dev.penstock.limit.Unit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** A provider with the emulator's limiters, which says what the emulator says. */
final class LimitedProvider implements Provider {
    private static final Duration DAY = Duration.ofDays(1);
    private static final long SECOND_NANOS = 1_000_000_000L;
    private static final Refusal BUSY =
            new Refusal(LimitExceeded.unexplained(Optional.empty()), Optional.empty(), false);

    private final LimitVector vector;
    private final Limiter[] limiters;
    private final List<Limiter> shown = new ArrayList<>();
    private final @Nullable ConcurrencyCap cap;
    private final boolean chargeRefused;

    LimitedProvider(Scenario scenario) {
        this.cap = scenario.concurrency().isPresent()
                ? new ConcurrencyCap(scenario.concurrency().getAsInt())
                : null;
        List<Limiter> all = scenario.limits().stream()
                .map(limit -> scenario.shape().limiter(limit, 0))
                .toList();
        this.vector = new LimitVector(all, cap);
        this.limiters = all.toArray(Limiter[]::new);
        this.chargeRefused = scenario.chargeRefused();
        // A model with a daily request limit shows that one, and hides the one per minute.
        addShown(Unit.REQUESTS, true);
        addShown(Unit.TOKENS, false);
    }

    private void addShown(Unit unit, boolean longest) {
        Limiter best = null;
        for (Limiter limiter : limiters) {
            Dimension dimension = limiter.limit().dimension();
            if (dimension.unit() == unit
                    && (best == null
                            || longest
                                    == dimension
                                                    .window()
                                                    .compareTo(best.limit()
                                                            .dimension()
                                                            .window())
                                            > 0)) {
                best = limiter;
            }
        }
        if (best != null) {
            shown.add(best);
        }
    }

    @Override
    public @Nullable Refusal arrive(Call call, long nowNanos) {
        Refusal refusal = switch (vector.admit(call.cost(), nowNanos)) {
            case LimitVector.Decision.Admitted admitted -> null;
            case LimitVector.Decision.Busy busy -> BUSY;
            case LimitVector.Decision.TooLarge(Limiter limiter, long requested) ->
                new Refusal(
                        exceeded(limiter, limiter.used(nowNanos), requested, Optional.empty()), Optional.empty(), true);
            case LimitVector.Decision.Exhausted exhausted -> exhausted(exhausted);
        };
        if (refusal != null && chargeRefused) {
            for (Limiter limiter : limiters) {
                if (limiter.limit().dimension().unit() == Unit.REQUESTS && limiter.fits(1, nowNanos)) {
                    limiter.take(1, nowNanos);
                }
            }
        }
        return refusal;
    }

    private static Refusal exhausted(LimitVector.Decision.Exhausted exhausted) {
        Duration wait = exhausted.statedWait();
        boolean daily = exhausted.limiter().limit().dimension().window().compareTo(DAY) >= 0;
        long seconds = Math.max(1, Math.ceilDiv(wait.toNanos(), SECOND_NANOS));
        return new Refusal(
                exceeded(exhausted.limiter(), exhausted.used(), exhausted.requested(), Optional.of(wait)),
                daily ? Optional.empty() : Optional.of(Duration.ofSeconds(seconds)),
                false);
    }

    private static LimitExceeded exceeded(Limiter limiter, long used, long requested, Optional<Duration> wait) {
        return new LimitExceeded(
                Optional.of(limiter.limit().dimension()),
                Optional.empty(),
                OptionalLong.of(limiter.limit().amount()),
                OptionalLong.of(used),
                OptionalLong.of(requested),
                wait);
    }

    @Override
    public @Nullable Refusal finish(Call call, long nowNanos) {
        if (cap != null) {
            cap.leave();
        }
        return null;
    }

    @Override
    public List<LimitState> shown(long nowNanos) {
        if (shown.size() == 1) {
            return List.of(state(shown.getFirst(), nowNanos));
        }
        return shown.isEmpty()
                ? List.of()
                : List.of(state(shown.getFirst(), nowNanos), state(shown.getLast(), nowNanos));
    }

    private static LimitState state(Limiter limiter, long nowNanos) {
        return new LimitState(limiter.limit(), limiter.remaining(nowNanos), Optional.of(limiter.statedReset(nowNanos)));
    }

    @Override
    public void levels(long nowNanos, long[] into) {
        for (int i = 0; i < limiters.length; i++) {
            into[i] = limiters[i].remaining(nowNanos);
        }
    }
}
