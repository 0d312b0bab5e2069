package dev.penstock.cli;

import dev.penstock.jobs.RunProgress;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/** A block of lines at the foot of a terminal that is drawn again in place. */
final class LiveDisplay implements Display {
    private static final int HANGING = 2;
    private static final String HIDE_CURSOR = "\u001b[?25l";
    private static final String SHOW_CURSOR = "\u001b[?25h";
    private static final String TO_END_OF_LINE = "\u001b[K";
    private static final String TO_END_OF_SCREEN = "\u001b[J";

    private final Screen screen;
    private final PrintStream err;
    private final ProgressBlock block;
    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by lock.
    private List<Line> drawn = List.of();
    private boolean closed;

    LiveDisplay(Screen screen, PrintStream err, ProgressBlock block) {
        this.screen = screen;
        this.err = err;
        this.block = block;
    }

    @Override
    public void show(RunProgress progress) {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            int width = screen.width();
            List<Line> lines = block.lines(progress, width, screen.height());
            StringBuilder frame = new StringBuilder(HIDE_CURSOR).append(toTop(width));
            for (int i = 0; i < lines.size(); i++) {
                frame.append(i == 0 ? "" : "\n").append(lines.get(i).text()).append(TO_END_OF_LINE);
            }
            frame.append(TO_END_OF_SCREEN);
            err.print(frame);
            err.flush();
            drawn = lines;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void say(String sentence) {
        lock.lock();
        try {
            err.print(erased());
            err.println(Wrapping.wrap(sentence, screen.width() - 1, HANGING));
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (!closed) {
                closed = true;
                err.print(erased() + SHOW_CURSOR);
                err.flush();
                screen.close();
            }
        } finally {
            lock.unlock();
        }
    }

    private String erased() {
        String erase = toTop(screen.width()) + TO_END_OF_SCREEN;
        drawn = List.of();
        return erase;
    }

    /** To the start of what was drawn. A terminal that became narrower has wrapped it onto more lines. */
    private String toTop(int width) {
        int up = drawn.stream()
                        .mapToInt(line -> Math.max(1, -Math.floorDiv(-line.width(), width)))
                        .sum()
                - 1;
        return up > 0 ? "\r\u001b[" + up + "A" : "\r";
    }
}
