package dev.penstock.benchmarks;

import dev.failsafe.Failsafe;
import dev.penstock.benchmarks.Scorecard.Bound;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.logging.Level;
import java.util.logging.Logger;

/** What retry libraries do where calls of an LLM API need it, each in the same situation. */
final class Retries {
    private static final Duration CAP = Duration.ofSeconds(60);
    private static final Duration HINT = Duration.ofSeconds(30);
    private static final int CALLS = 400;

    /** Tells of the listener that throws on purpose. Held, or its level would be forgotten. */
    private static final Logger TOLD_ONCE = Logger.getLogger(dev.penstock.retry.Retry.class.getName());

    private Retries() {}

    /**
     * @param seen what a library did, in few words
     */
    record Cell(String library, boolean kept, String seen) {}

    /**
     * @param id a name, and the id in the tests of the library where there is one
     * @param wanted what a caller needs
     */
    record Row(String id, String wanted, List<Cell> cells) {}

    static void run(Bench bench) {
        System.out.println(
                "        with " + ComparedLibraries.of(Failsafe.class, io.github.resilience4j.retry.Retry.class));
        for (Row row : rows()) {
            Cell ours = row.cells().getFirst();
            bench.scorecard().print(row.id(), ours.seen(), new Bound(row.wanted(), ours.kept()));
            for (Cell cell : row.cells().subList(1, row.cells().size())) {
                System.out.printf("        %-13s %-4s %s%n", cell.library(), cell.kept() ? "yes" : "no", cell.seen());
            }
        }
    }

    static List<Row> rows() {
        TOLD_ONCE.setLevel(Level.OFF);
        List<Row> rows = new ArrayList<>();
        rows.add(row("jitter at the cap (R4)", "late waits are spread out below their cap of 60 s", Retries::atTheCap));
        rows.add(row(
                "hint (R14)", "a server's 30 s are never undercut, and callers spread out behind it", Retries::hinted));
        rows.add(row(
                "hint beyond the limit (R18)",
                "told to come back after 10 min with 60 s left, a call ends at once: 1 attempt",
                library -> {
                    int attempts = library.attemptsWhenTheHintIsTooLong();
                    return cell(library, attempts == 1, counted(attempts));
                }));
        rows.add(row(
                "limit in time (R5)",
                "no attempt starts when the time is over: 25 s with waits of 10 s are 3 attempts",
                library -> {
                    int attempts = library.attemptsWithinTheLimit();
                    return cell(library, attempts == 3, counted(attempts));
                }));
        rows.add(row(
                "throttles (R13)", "a refusal by quota costs no attempt: 3 attempts outlast 10 refusals", library -> {
                    boolean answered = library.isAnsweredAfterThrottles(10);
                    return cell(library, answered, answered ? "answered" : "given up");
                }));
        rows.add(row("shared gate", "one refusal for 30 s holds back the other 20 calls", library -> {
            int early = library.callsDuringAThrottle(20);
            return cell(library, early == 0, early + " of 20 sent meanwhile");
        }));
        rows.add(row(
                "retry budget (B1)",
                "in an outage 100 calls that may each try 6 times make at most 130 attempts in 6 s",
                library -> {
                    int attempts = library.attemptsInAnOutage(100);
                    return cell(library, attempts <= 130, counted(attempts));
                }));
        rows.add(row("rules by failure", "a limit for each kind of failure in one policy: 5 attempts", library -> {
            int attempts = library.attemptsUnderTwoRules();
            return cell(library, attempts == 5, counted(attempts));
        }));
        rows.add(row("last exception (R13)", "the last exception itself is thrown", library -> {
            Throwable thrown = library.thrownAtTheEnd();
            return cell(
                    library,
                    thrown.getClass() == IOException.class,
                    thrown.getClass().getSimpleName()
                            + (thrown.getSuppressed().length > 0 ? ", with the report of its attempts" : ""));
        }));
        rows.add(row("rejected values (R11)", "values that are rejected are closed", library -> {
            int open = library.rejectedValuesLeftOpen();
            return cell(library, open == 0, open + " of 2 left open");
        }));
        rows.add(row("errors (R17)", "an Error is not tried again", library -> {
            int attempts = library.attemptsAfterAnError();
            return cell(library, attempts == 1, counted(attempts));
        }));
        rows.add(row("interrupts (R17)", "an interrupt ends the call and stays on the thread", library -> {
            boolean kept = library.keepsAnInterrupt();
            return cell(library, kept, kept ? "it does" : "it is lost, or another attempt is made");
        }));
        rows.add(row("broken conditions", "a condition that throws is not taken for a no", library -> {
            Object seen = library.outcomeWhenAConditionThrows();
            return cell(library, seen instanceof IllegalStateException, "the caller gets " + named(seen));
        }));
        rows.add(row("broken listeners", "a listener that throws changes nothing", library -> {
            Object seen = library.outcomeWhenAListenerThrows();
            return cell(library, "answer".equals(seen), "the caller gets " + named(seen));
        }));
        return rows;
    }

    private static String counted(int attempts) {
        return attempts + (attempts == 1 ? " attempt" : " attempts");
    }

    private static String named(Object seen) {
        return seen instanceof Throwable thrown ? thrown.getClass().getSimpleName() : "the answer";
    }

    private static Row row(String id, String wanted, Function<RetryLibrary, Cell> judge) {
        List<Cell> cells = new ArrayList<>();
        // Each in a state of its own: the time of one row says nothing of another.
        for (RetryLibrary library : List.of(new PenstockRetries(), new FailsafeRetries(), new Resilience4jRetries())) {
            cells.add(judge.apply(library));
        }
        return new Row(id, wanted, cells);
    }

    private static Cell cell(RetryLibrary library, boolean kept, String seen) {
        return new Cell(library.name(), kept, seen);
    }

    private static Cell atTheCap(RetryLibrary library) {
        List<Duration> waits = library.waitsAtTheCap(CALLS);
        long at = waits.stream().filter(CAP::equals).count();
        long above = waits.stream().filter(wait -> wait.compareTo(CAP) > 0).count();
        return cell(
                library,
                at <= CALLS / 100 && above == 0,
                "about %d %% of them at the cap, %d %% above it".formatted(tens(at), tens(above)));
    }

    /** Drawn by chance, so not to be told to the last digit. */
    private static long tens(long count) {
        return Math.round(count * 10.0 / CALLS) * 10;
    }

    private static Cell hinted(RetryLibrary library) {
        List<Duration> waits = library.waitsAfterHint(HINT, CALLS);
        long early = waits.stream().filter(wait -> wait.compareTo(HINT) < 0).count();
        boolean spread = waits.stream().distinct().count() > CALLS / 2;
        return cell(
                library,
                early == 0 && spread,
                "about %d %% come too early, %s"
                        .formatted(tens(early), spread ? "spread out" : "all at the same moment"));
    }
}
