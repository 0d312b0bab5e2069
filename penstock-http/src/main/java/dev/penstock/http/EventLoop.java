package dev.penstock.http;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * A Vert.x instance of one event loop, which owns all that is made on it, and the way to it from other threads. Every wait
 * for it has an end.
 *
 * <p>Safe for use by several threads.
 */
public final class EventLoop implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final String whose;
    private final Vertx vertx;
    private final Context context;

    /** @param whose for messages, as in "the gateway" */
    public EventLoop(String whose) {
        this.whose = whose;
        this.vertx = Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(1)
                .setWorkerPoolSize(1)
                .setInternalBlockingPoolSize(1)
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
        // Without this, Vert.x logs through whatever it finds, which may be nothing.
        vertx.exceptionHandler(
                defect -> log(System.Logger.Level.ERROR, "a defect in " + whose + "; please report it", defect));
        this.context = vertx.getOrCreateContext();
    }

    public Vertx vertx() {
        return vertx;
    }

    public Context context() {
        return context;
    }

    /** Runs something on the event loop, some time soon. */
    public void run(Runnable work) {
        context.runOnContext(ignored -> work.run());
    }

    /**
     * Runs something on the event loop and waits for what comes of it.
     *
     * @param what for the message, as in "start"
     * @throws IllegalStateException if it fails, with the failure as its cause; if it takes longer than ten seconds; or if
     *     the thread is interrupted, which it stays
     */
    public <T> T call(String what, Supplier<Future<T>> work) {
        CompletableFuture<T> result = new CompletableFuture<>();
        run(() -> {
            try {
                work.get().onSuccess(result::complete).onFailure(result::completeExceptionally);
            } catch (RuntimeException e) {
                result.completeExceptionally(e);
            }
        });
        return await(what, result, PATIENCE);
    }

    /** As {@link #call(String, Supplier)}, for what is there at once. */
    public <T> T ask(String what, Supplier<T> question) {
        return call(what, () -> Future.succeededFuture(question.get()));
    }

    /**
     * Runs what begins to listen, and closes this loop if it fails.
     *
     * @param port its name and number, for the message
     * @throws UncheckedIOException if the port is taken or may not be used
     */
    public <T> T listen(String port, String host, Supplier<Future<T>> start) {
        try {
            return call("start", start);
        } catch (IllegalStateException e) {
            close();
            if (e.getCause() instanceof IOException cause) { // taken, not allowed, or no address of this machine
                throw new UncheckedIOException(
                        port + " on " + host + " cannot be used: " + cause.getMessage()
                                + "; choose another port, or 0 for any free one",
                        cause);
            }
            throw e;
        }
    }

    /** Waits for something that was begun elsewhere; throws as {@link #call(String, Supplier)} does. */
    public <T> T await(String what, CompletableFuture<T> result, Duration patience) {
        try {
            return result.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while " + whose + " was to " + what, e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(whose + " failed to " + what, e.getCause());
        } catch (TimeoutException e) {
            throw new IllegalStateException(whose + " did not " + what + " within " + patience.toSeconds() + " s", e);
        }
    }

    /** Ends the event loop and everything on it. */
    @Override
    public void close() {
        try {
            Void closed = await("stop", vertx.close().toCompletionStage().toCompletableFuture(), PATIENCE);
            assert closed == null;
        } catch (IllegalStateException e) {
            log(System.Logger.Level.WARNING, whose + " did not stop cleanly", e);
        }
    }

    private static void log(System.Logger.Level level, String message, Throwable why) {
        System.getLogger(EventLoop.class.getName()).log(level, message, why);
    }
}
