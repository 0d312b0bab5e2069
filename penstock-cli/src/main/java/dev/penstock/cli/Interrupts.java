package dev.penstock.cli;

import org.jline.utils.Signals;

/** Ctrl-C and the request to end that service managers send. */
final class Interrupts implements AutoCloseable {
    private final Object interrupt;
    private final Object terminate;

    private Interrupts(Object interrupt, Object terminate) {
        this.interrupt = interrupt;
        this.terminate = terminate;
    }

    /** From now on either signal runs the action, on a thread of its own, as often as it comes. */
    static Interrupts handledBy(Runnable action) {
        return new Interrupts(Signals.register("INT", action), Signals.register("TERM", action));
    }

    /** Gives the signals back to whoever had them before. */
    @Override
    public void close() {
        Signals.unregister("INT", interrupt);
        Signals.unregister("TERM", terminate);
    }
}
