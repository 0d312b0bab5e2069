package dev.penstock.langchain4j;

import dev.penstock.pacing.Next;
import dev.penstock.pacing.PacedCall;
import dev.penstock.pacing.RefusedException;
import org.jspecify.annotations.Nullable;

/** Calls whose thread waits. */
final class Blocking {
    private Blocking() {}

    /** What sends one attempt. */
    @FunctionalInterface
    interface Attempt<T> {
        T send(PacedCall call);
    }

    /** Ends with an answer, or with the last failure as the model itself would have met it. */
    static <T> T run(PacedCall paced, Attempt<T> attempt) {
        RuntimeException last = null;
        try (PacedCall call = paced) {
            while (call.awaitTurn()) {
                try {
                    T answer = attempt.send(call);
                    call.ended();
                    return answer;
                } catch (RuntimeException failure) {
                    if (Failures.tell(call, failure) instanceof Next.GiveUp) {
                        throw failure;
                    }
                    last = failure;
                }
            }
        } catch (RefusedException refused) {
            throw Failures.notLetThrough(refused);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            // As LangChain4j's own client says it.
            throw new RuntimeException(stopped);
        }
        throw known(last);
    }

    private static RuntimeException known(@Nullable RuntimeException failure) {
        return failure == null ? new IllegalStateException("a call was given up before it was sent") : failure;
    }
}
