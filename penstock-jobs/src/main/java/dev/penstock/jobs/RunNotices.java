package dev.penstock.jobs;

import dev.penstock.limit.Dimension;
import dev.penstock.retry.ConnectionWatch;
import dev.penstock.verdict.Verdict;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Decides which of the many things that happen to calls a person hears of. Owned by the event loop. */
final class RunNotices {
    /** An outage that comes and goes is told of once in this time. */
    private static final long OUTAGE_QUIET_NANOS = Duration.ofSeconds(30).toNanos();

    private final String place;
    private final Consumer<String> listener;
    private final Set<String> told = new HashSet<>();

    private boolean failing;
    private boolean outageTold;
    private long failingSince;
    private boolean everFailed;
    private long lastTold;

    RunNotices(String place, Consumer<String> listener) {
        this.place = place;
        this.listener = listener;
    }

    void settled(Verdict verdict, long now) {
        if (verdict instanceof Verdict.Transient fault && fault.fault() == Verdict.Fault.CONNECT_FAILED) {
            connectFailed(fault.explanation(), now);
            return;
        }
        if (ConnectionWatch.reached(verdict)) {
            answered(now);
        }
        switch (verdict) {
            case Verdict.Accepted accepted -> {}
            case Verdict.Throttled throttled ->
                once(
                        "refused "
                                + throttled
                                        .exceeded()
                                        .dimension()
                                        .map(Dimension::label)
                                        .orElse(""),
                        "First refusal: " + throttled.explanation()
                                + " Sending goes on as soon as the limit allows; no row is lost.");
            case Verdict.SlowDown slowDown ->
                once("slow down", slowDown.explanation() + " The load is raised more slowly from here on.");
            case Verdict.Transient fault ->
                once(
                        "fault " + fault.fault(),
                        fault.explanation() + " The row is sent again; faults like this are only told once.");
            case Verdict.Rejected rejected ->
                once("rejected " + rejected.reason(), "First rejected row: " + rejected.explanation());
            case Verdict.AccountStopped stopped -> {}
        }
    }

    void once(String subject, String text) {
        if (told.add(subject)) {
            listener.accept(text);
        }
    }

    private void connectFailed(String explanation, long now) {
        if (failing) {
            return;
        }
        failing = true;
        failingSince = now;
        outageTold = !everFailed || now - lastTold >= OUTAGE_QUIET_NANOS;
        everFailed = true;
        if (outageTold) {
            lastTold = now;
            listener.accept(explanation + " Trying again with growing pauses; rows are not used up by that.");
        }
    }

    private void answered(long now) {
        if (failing) {
            failing = false;
            if (outageTold) {
                listener.accept(place + " is reached again after "
                        + Math.max(1, TimeUnit.NANOSECONDS.toSeconds(now - failingSince)) + " s.");
            }
        }
    }
}
