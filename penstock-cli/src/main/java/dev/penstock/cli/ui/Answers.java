package dev.penstock.cli.ui;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Computes answers on threads of its own: two at a time, and a few that wait. A person who drags a slider asks faster than is
 * answered; the page drops what it does not need any more.
 *
 * <p>Thread-safe.
 */
final class Answers implements AutoCloseable {
    private static final int THREADS = 2;
    private static final int MOST_WAITING = 8;
    private static final int OK = 200;
    private static final int BAD_REQUEST = 400;
    private static final int SERVER_ERROR = 500;
    private static final int BUSY = 503;

    private final Pages pages;
    private final ThreadPoolExecutor threads;

    /** @param json with a sentence under {@code error} where the status is not 200 */
    record Answer(int status, String json) {
        static Answer failed(int status, String sentence) {
            return new Answer(
                    status,
                    "{\"error\":\"" + new String(JsonStringEncoder.getInstance().quoteAsString(sentence)) + "\"}");
        }
    }

    Answers(Pages pages) {
        this.pages = pages;
        this.threads = new ThreadPoolExecutor(
                THREADS, THREADS, 1, TimeUnit.MINUTES, new ArrayBlockingQueue<>(MOST_WAITING), work -> {
                    Thread thread = new Thread(work, "penstock-ui");
                    thread.setDaemon(true);
                    return thread;
                });
    }

    CompletableFuture<Answer> known() {
        return compute(() -> KnownJson.of(pages.tiers()));
    }

    CompletableFuture<Answer> simulate(List<String> arguments) {
        return compute(() -> pages.simulate(arguments));
    }

    private CompletableFuture<Answer> compute(Supplier<String> json) {
        try {
            return CompletableFuture.supplyAsync(() -> answer(json), threads);
        } catch (RejectedExecutionException busy) {
            return CompletableFuture.completedFuture(Answer.failed(
                    BUSY, "Too much is being simulated at the same time; wait a moment, or close other pages."));
        }
    }

    private static Answer answer(Supplier<String> json) {
        try {
            return new Answer(OK, json.get());
        } catch (IllegalArgumentException e) {
            return Answer.failed(BAD_REQUEST, String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            System.getLogger(Answers.class.getName()).log(System.Logger.Level.ERROR, "a page could not be answered", e);
            return Answer.failed(
                    SERVER_ERROR, "This is a defect of Penstock; its terminal says more. Please report it.");
        }
    }

    @Override
    public void close() {
        threads.shutdownNow().forEach(unused -> {});
    }
}
