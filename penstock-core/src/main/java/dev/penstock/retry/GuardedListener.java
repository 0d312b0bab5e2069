package dev.penstock.retry;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** Keeps a call safe from a listener that throws. */
final class GuardedListener {
    private static final System.Logger LOGGER = System.getLogger(Retry.class.getName());

    private final Consumer<? super RetryEvent> listener;
    private final AtomicBoolean told = new AtomicBoolean();

    GuardedListener(Consumer<? super RetryEvent> listener) {
        this.listener = listener;
    }

    void accept(RetryEvent event) {
        try {
            listener.accept(event);
        } catch (VirtualMachineError e) {
            throw e;
        } catch (RuntimeException | Error e) {
            if (told.compareAndSet(false, true)) {
                LOGGER.log(
                        System.Logger.Level.WARNING,
                        () -> event.name() + ": a listener throws; calls go on, and this is not told again",
                        e);
            }
        }
    }
}
