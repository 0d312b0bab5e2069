package dev.penstock.pacing;

import dev.penstock.quota.Settlement;
import dev.penstock.verdict.Verdict;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** Passes on what happens; a listener that throws stops nothing. Safe for use by several threads. */
final class Listeners {
    private static final System.Logger LOGGER = System.getLogger(Penstock.class.getName());

    private final List<PacingListener> all = new CopyOnWriteArrayList<>();
    private final AtomicBoolean told = new AtomicBoolean();
    private final AtomicBoolean leakTold = new AtomicBoolean();

    void add(PacingListener listener) {
        all.add(listener);
    }

    void granted(Ask ask, Duration waited) {
        each(listener -> listener.granted(ask, waited));
    }

    void settled(Ask ask, Settlement settlement, Duration ran) {
        each(listener -> listener.settled(ask, settlement, ran));
    }

    void refused(Ask ask, RefusedException why) {
        each(listener -> listener.refused(ask, why));
    }

    void cancelled(Ask ask) {
        each(listener -> listener.cancelled(ask));
    }

    void repeated(Ask ask, Verdict because) {
        each(listener -> listener.repeated(ask, because));
    }

    void leaked(Ask ask) {
        if (leakTold.compareAndSet(false, true)) {
            LOGGER.log(
                    System.Logger.Level.WARNING,
                    () -> "a grant for " + Words.family(ask) + " was lost without being closed; its room was held until"
                            + " now. Use try-with-resources, or call(). Further ones are counted and not told");
        }
        each(listener -> listener.leaked(ask));
    }

    private void each(Consumer<PacingListener> event) {
        for (PacingListener listener : all) {
            try {
                event.accept(listener);
            } catch (VirtualMachineError e) {
                throw e;
            } catch (RuntimeException | Error e) {
                if (told.compareAndSet(false, true)) {
                    LOGGER.log(
                            System.Logger.Level.WARNING,
                            () -> "a listener throws; calls go on, and this is not told again",
                            e);
                }
            }
        }
    }
}
