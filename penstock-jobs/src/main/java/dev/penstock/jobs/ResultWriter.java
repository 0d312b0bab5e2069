package dev.penstock.jobs;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToLongFunction;

/**
 * Brings results to the disk on a thread of its own. Each transaction takes everything that has come in meanwhile, so a
 * slow run stores each answer at once and a fast one does not wait for the disk a thousand times. {@link #add} never
 * blocks; whoever adds asks {@link #isFull} before causing more.
 */
final class ResultWriter {
    static final int MOST_ROWS = 4_000;
    static final long MOST_BYTES = 32L << 20;

    private static final int ROWS_PER_TRANSACTION = 1_000;
    private static final long BYTES_PER_TRANSACTION = 8L << 20;
    private final Storing store;
    private final Events events;
    private final Thread thread;
    private final SpendGuard spend;
    private final ToLongFunction<RowResult> cost;
    /** Empty for nothing but a new mark, or the end. */
    private final LinkedBlockingQueue<Optional<RowResult>> queue = new LinkedBlockingQueue<>();

    private final AtomicInteger rows = new AtomicInteger();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicBoolean markAsked = new AtomicBoolean();
    private volatile boolean closing;
    private volatile boolean failed;

    /** Taken from the queue and not stored. Owned by the thread, and by the closer once it has ended. */
    private final List<RowResult> unsaved = new ArrayList<>();

    /** Hears what became of results, on the writer's thread. */
    interface Events {
        void stored(List<RowResult> results);

        /** There is a new mark of what was spent. Called after each transaction of a run with a budget. */
        void marked();

        /** Nothing is stored any more; what has been, is safe. Called at most once. */
        void failed(Throwable why);
    }

    /** Stores results and, where there is one, the mark of what was spent, in one transaction. */
    @FunctionalInterface
    interface Storing {
        int store(List<RowResult> results, OptionalLong mark);
    }

    /**
     * @param store see {@link JobStore#store}
     * @param cost nano-dollars that a result counts for with the guard; called by one thread at a time
     */
    ResultWriter(Storing store, SpendGuard spend, ToLongFunction<RowResult> cost, Events events) {
        this.store = store;
        this.spend = spend;
        this.cost = cost;
        this.events = events;
        this.thread = new Thread(this::work, "penstock-results");
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** Hands a result over; it is on the disk when {@link Events#stored} says so. */
    void add(RowResult result) {
        rows.incrementAndGet();
        bytes.addAndGet(size(result));
        queue.add(Optional.of(result));
    }

    /** Asks for a new mark of what was spent, see {@link Events#marked}. */
    void mark() {
        if (markAsked.compareAndSet(false, true)) {
            queue.add(Optional.empty());
        }
    }

    boolean isFull() {
        return !failed && (rows.get() >= MOST_ROWS || bytes.get() >= MOST_BYTES);
    }

    /**
     * Stores what is left and ends. After a failure it tries once more: room may have been made.
     *
     * @return why results could not be stored, if so
     */
    Optional<Throwable> close() {
        closing = true;
        queue.add(Optional.empty());
        boolean interrupted = false;
        while (true) {
            try {
                // Without a deadline: it ends with the transaction that runs, and to go on without that would lose
                // what was paid for. A disk that hangs for good ends with the process.
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true; // what was paid for is stored first
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        for (Optional<RowResult> left = queue.poll(); left != null; left = queue.poll()) {
            left.ifPresent(unsaved::add);
        }
        try {
            for (int from = 0; from < unsaved.size(); from += ROWS_PER_TRANSACTION) {
                List<RowResult> part = unsaved.subList(from, Math.min(unsaved.size(), from + ROWS_PER_TRANSACTION));
                save(part);
                events.stored(List.copyOf(part));
            }
            OptionalLong last = spend.lastMark();
            if (last.isPresent()) {
                int unused = store.store(List.of(), last);
            }
            return Optional.empty();
        } catch (Throwable e) {
            return Optional.of(e);
        }
    }

    private void work() {
        while (true) {
            try {
                Optional<RowResult> first = queue.take();
                if ((first.isEmpty() && closing) || !store(first)) {
                    return;
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return; // nobody interrupts it; what is queued is stored on closing
            }
        }
    }

    /** @return whether to go on */
    private boolean store(Optional<RowResult> first) {
        List<RowResult> batch = new ArrayList<>();
        long batchBytes = 0;
        boolean last = false;
        for (Optional<RowResult> next = first; next != null; next = queue.poll()) {
            if (next.isEmpty()) {
                if (closing) {
                    last = true;
                    break;
                }
                continue;
            }
            batch.add(next.get());
            batchBytes += size(next.get());
            if (batch.size() == ROWS_PER_TRANSACTION || batchBytes >= BYTES_PER_TRANSACTION) {
                break;
            }
        }
        try {
            markAsked.set(false);
            save(batch);
        } catch (Throwable e) { // whatever it is, a thread that ends in silence would leave the run waiting for ever
            unsaved.addAll(batch);
            fail(e);
            return false;
        }
        rows.addAndGet(-batch.size());
        bytes.addAndGet(-batchBytes);
        try {
            events.stored(batch);
        } catch (Throwable e) { // they are stored, so they do not count as unsaved
            fail(e);
            return false;
        }
        return !last;
    }

    private void fail(Throwable why) {
        failed = true;
        events.failed(why);
    }

    private void save(List<RowResult> batch) {
        OptionalLong mark = spend.nextMark();
        int unused = store.store(batch, mark);
        if (mark.isPresent()) {
            spend.marked(mark.getAsLong(), batch.stream().mapToLong(cost).sum());
            events.marked();
        }
    }

    private static long size(RowResult result) {
        return switch (result) {
            case RowResult.Answered answered -> answered.body().length;
            case RowResult.Failed failed -> failed.body().length;
        };
    }
}
