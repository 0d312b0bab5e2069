package dev.penstock.pacing;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Something that is started when its turn has come, and the future of what comes of it. Used once. */
final class AsyncBody<T> {
    private final CompletableFuture<Grant> turn;
    private final Function<Grant, CompletionStage<T>> body;
    private final CompletableFuture<T> result = new CompletableFuture<>();
    private volatile @Nullable CompletableFuture<T> started;

    AsyncBody(CompletableFuture<Grant> turn, Function<Grant, CompletionStage<T>> body) {
        this.turn = turn;
        this.body = body;
    }

    CompletableFuture<T> start() {
        CompletableFuture<T> followed = result.whenComplete((value, failure) -> cancelIfWanted());
        CompletableFuture<Grant> begun = turn.whenComplete((grant, failure) -> {
            if (grant != null) {
                begin(grant);
            } else {
                result.completeExceptionally(failure);
            }
        });
        assert followed != begun;
        return result;
    }

    private void begin(Grant grant) {
        if (result.isDone()) {
            grant.notSent();
            return;
        }
        try {
            CompletionStage<T> stage = body.apply(grant);
            CompletionStage<T> ending = stage.whenComplete((value, failure) -> end(grant, value, failure));
            started = stage.toCompletableFuture();
            assert ending != null;
            cancelIfWanted();
        } catch (Throwable notStarted) {
            end(grant, null, notStarted);
        }
    }

    private void end(Grant grant, @Nullable T value, @Nullable Throwable failure) {
        if (failure == null) {
            grant.answered();
            result.complete(value);
        } else {
            grant.failed();
            result.completeExceptionally(failure);
        }
    }

    private void cancelIfWanted() {
        if (result.isCancelled()) {
            turn.cancel(false);
            CompletableFuture<T> running = started;
            if (running != null) {
                running.cancel(true);
            }
        }
    }
}
