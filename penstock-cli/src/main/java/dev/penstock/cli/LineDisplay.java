package dev.penstock.cli;

import dev.penstock.jobs.RunPhase;
import dev.penstock.jobs.RunProgress;

/** A line every few seconds if there is something new, for logs and for what is no terminal. */
final class LineDisplay implements Display {
    private final Shell shell;
    private final ProgressBlock block;
    private final boolean progress;
    private String last = "";

    /**
     * @param progress whether to show progress at all
     */
    LineDisplay(Shell shell, ProgressBlock block, boolean progress) {
        this.shell = shell;
        this.block = block;
        this.progress = progress;
    }

    @Override
    public void show(RunProgress now) {
        if (progress && now.phase() != RunPhase.DONE) {
            boolean batches = now.batch().isPresent();
            // A batch may say the same for hours, while its time that is left is guessed anew at each poll.
            String news = batches ? block.facts(now) : block.plain(now);
            if (!news.equals(last)) {
                last = news;
                shell.error(block.plain(now));
            }
        }
    }

    @Override
    public void say(String sentence) {
        shell.error(sentence);
    }

    @Override
    public void close() {}
}
