package dev.penstock.langchain4j;

import dev.penstock.pacing.PacedCall;
import dev.penstock.pacing.RefusedException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** Turns for which no thread waits. */
final class Turns {
    private Turns() {}

    /**
     * @param send when it is the call's turn
     * @param usedUp when its retries are used up
     * @param refused when it is not let through
     */
    static void await(PacedCall call, Runnable send, Runnable usedUp, Consumer<Throwable> refused) {
        CompletableFuture<Boolean> turn = call.turn();
        CompletableFuture<Boolean> followed = turn.whenComplete((mine, failure) -> {
            if (failure instanceof RefusedException why) {
                refused.accept(Failures.notLetThrough(why));
            } else if (failure != null) {
                refused.accept(failure);
            } else if (mine) {
                send.run();
            } else {
                usedUp.run();
            }
        });
        assert followed != turn;
    }
}
