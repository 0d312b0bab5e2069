package dev.penstock.simulator;

/**
 * What a client does with its requests and with refusals. Told what happens, it sends, waits or gives up through the
 * {@link Desk}, and decides by nothing else than what a client can see. For one simulation, and one thread.
 */
public interface Strategy {
    /** A request has come. */
    void arrived(Call call, Desk desk);

    /** A call was refused. Its strategy has it again. */
    void refused(Call call, Refusal refusal, Desk desk);

    /** A call was answered. Nothing is left to do for it. */
    default void answered(Call call, Desk desk) {}

    /** The time of a call that was put off ({@link Desk#later}) has come. */
    default void woken(Call call, Desk desk) {
        desk.send(call);
    }

    /** The time that was set by {@link Desk#alarmAt} has come. */
    default void alarm(Desk desk) {}

    /** A batch is done, after all its calls were told to be answered: there is room in the queue of batches. */
    default void batchDone(Desk desk) {}

    /** Whether {@link Call#shown} is wanted, which takes time. */
    default boolean readsHeaders() {
        return false;
    }
}
