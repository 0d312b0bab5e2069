package dev.penstock.quota;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.limit.Cost;
import dev.penstock.limit.LimitExceeded;
import dev.penstock.quota.Admission.Deferred;
import dev.penstock.quota.Admission.Granted;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A provider that shows no limits and only says when to come back: its windows are found out. */
final class BlindWindowTest {
    private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    @ParameterizedTest(name = "{0} requests, {1} per {2} ms, the first window begins {3} ms before, hints in {4} ms")
    @CsvSource({
        "60, 20, 5000, 0, 1000", // the benchmark of the gateway
        "60, 20, 5000, 2700, 1000",
        "60, 20, 5000, 0, 1",
        "100, 20, 5000, 4900, 1",
        "300, 50, 10000, 3000, 1000",
        "40, 1, 1000, 0, 1",
    })
    void afterTheFirstWindowAtMostOneRequestIsRefusedAndNoWindowIsLeftUnused(
            int requests, int limit, long windowMillis, long phaseMillis, long hintMillis) {
        Provider provider = new Provider(limit, windowMillis * MILLI, phaseMillis * MILLI, hintMillis * MILLI);
        provider.serve(requests);

        long full = ((long) requests + limit - 1) / limit - 1;
        // The rounding of hints is lost in each window; a first window that is nearly over teaches too little at first.
        double ideal = Math.max(1, full) * windowMillis - phaseMillis + 50;
        assertThat(provider.finishedAt() / (double) MILLI)
                .as("refused by window %s", provider.refusedByWindow)
                .isLessThan(ideal + full * (hintMillis + 60) + (phaseMillis > 0 ? windowMillis : 0));
        List<Integer> later = new ArrayList<>(provider.refusedByWindow);
        // A burst across the edge of two windows is taken for one window, and the next one corrects that.
        int learnedWith = phaseMillis > 0 ? 3 : 1;
        assertThat(later.subList(Math.min(learnedWith, later.size()), later.size()).stream()
                        .mapToInt(Integer::intValue)
                        .sum())
                .as("refused by window %s", provider.refusedByWindow)
                .isLessThanOrEqualTo(1);
    }

    @Test
    void aRefilledBucketThatOnlyGivesHintsIsServedToo() {
        // 10 a second, 20 deep: hints are whole seconds.
        Bucket provider = new Bucket(20, SECOND / 10, SECOND);
        provider.serve(200);

        assertThat(provider.finishedAt()).isLessThan(30 * SECOND);
        assertThat(provider.refused).isLessThan(60);
    }

    /** Sends as much as the quota grants to a provider that is played here; each answer takes 50 ms. */
    private abstract static class Played {
        private final Quota quota = new Quota(QuotaSettings.learnEverything());
        final List<Integer> refusedByWindow = new ArrayList<>();
        int refused;
        long now = -7 * SECOND;
        final long start = now;
        private long finished;

        private record Answer(long at, Reservation reservation, OptionalLong hint) {}

        abstract OptionalLong hintIfRefused(long at);

        long finishedAt() {
            return finished - start;
        }

        void serve(int requests) {
            ArrayDeque<Answer> onTheWay = new ArrayDeque<>();
            int answered = 0;
            int waiting = requests;
            for (int step = 0; answered < requests; step++) {
                assertThat(step).as("steps").isLessThan(100_000);
                OptionalLong wake = OptionalLong.empty();
                while (waiting > 0) {
                    Admission admission = quota.reserve(new Cost(1, 0, 0), now);
                    if (admission instanceof Granted granted) {
                        waiting--;
                        onTheWay.add(new Answer(now + 50 * MILLI, granted.reservation(), hintIfRefused(now)));
                    } else {
                        wake = ((Deferred) admission).retryAtNanos();
                        break;
                    }
                }
                Answer next = onTheWay.peek();
                if (next != null && (wake.isEmpty() || next.at() - wake.getAsLong() <= 0)) {
                    onTheWay.remove();
                    now = next.at();
                    if (next.hint().isEmpty()) {
                        answered++;
                        finished = now;
                        quota.settle(next.reservation(), new Settlement.Answered(List.of()), now);
                    } else {
                        waiting++;
                        refused++;
                        quota.settle(
                                next.reservation(),
                                new Settlement.Refused(
                                        LimitExceeded.unexplained(Optional.of(
                                                Duration.ofNanos(next.hint().getAsLong()))),
                                        List.of()),
                                now);
                    }
                } else {
                    now = wake.orElseThrow();
                }
            }
        }
    }

    private static final class Provider extends Played {
        private final int limit;
        private final long window;
        private final long began;
        private final long hintStep;
        private long current = -1;
        private int used;

        Provider(int limit, long window, long phase, long hintStep) {
            this.limit = limit;
            this.window = window;
            this.began = start - phase;
            this.hintStep = hintStep;
        }

        @Override
        OptionalLong hintIfRefused(long at) {
            long number = (at - began) / window;
            if (number != current) {
                current = number;
                used = 0;
                refusedByWindow.add(0);
            }
            if (used < limit) {
                used++;
                return OptionalLong.empty();
            }
            refusedByWindow.set(refusedByWindow.size() - 1, refusedByWindow.getLast() + 1);
            // The refusal is read 50 ms later, and the hint counts from then.
            long left = began + (number + 1) * window - at;
            return OptionalLong.of((left + hintStep - 1) / hintStep * hintStep);
        }
    }

    private static final class Bucket extends Played {
        private final long depth;
        private final long nanosPerUnit;
        private final long hintStep;
        private long full = start;

        Bucket(long depth, long nanosPerUnit, long hintStep) {
            this.depth = depth;
            this.nanosPerUnit = nanosPerUnit;
            this.hintStep = hintStep;
        }

        @Override
        OptionalLong hintIfRefused(long at) {
            long after = Math.max(full, at) + nanosPerUnit;
            long over = after - at - depth * nanosPerUnit;
            if (over <= 0) {
                full = after;
                return OptionalLong.empty();
            }
            return OptionalLong.of((over + hintStep - 1) / hintStep * hintStep);
        }
    }
}
