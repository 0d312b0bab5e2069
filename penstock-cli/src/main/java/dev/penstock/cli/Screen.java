package dev.penstock.cli;

import java.io.IOException;
import java.util.Optional;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/** The terminal on standard error, or on standard output. */
final class Screen implements AutoCloseable {
    private static final int USUAL_WIDTH = 80;
    private static final int USUAL_HEIGHT = 24;

    private final Terminal terminal;

    private Screen(Terminal terminal) {
        this.terminal = terminal;
    }

    /** Empty if standard error is no terminal, or one that cannot move its cursor. */
    static Optional<Screen> open(Shell shell) {
        return open(shell, TerminalBuilder.SystemOutput.SysErr);
    }

    /** The same for results. */
    static Optional<Screen> openForResults(Shell shell) {
        return open(shell, TerminalBuilder.SystemOutput.SysOut);
    }

    private static Optional<Screen> open(Shell shell, TerminalBuilder.SystemOutput output) {
        String kind = shell.variable("TERM").orElse("dumb");
        if (!shell.attached() || kind.equals("dumb")) {
            return Optional.empty();
        }
        try {
            Terminal terminal = TerminalBuilder.builder()
                    .system(true)
                    .systemOutput(output)
                    .nativeSignals(false)
                    .dumb(false)
                    .build();
            return Optional.of(new Screen(terminal));
        } catch (IOException | IllegalStateException e) {
            // Redirected, or a system whose terminals JLine does not know: plain lines serve there.
            return Optional.empty();
        }
    }

    /** The columns that text may take: those of the terminal but one, or others where there is none. */
    static int widthOrElse(Shell shell, int other) {
        Optional<Screen> screen = open(shell);
        int width =
                screen.map(terminal -> Math.min(other, terminal.width() - 1)).orElse(other);
        screen.ifPresent(Screen::close);
        return width;
    }

    int width() {
        int columns = size().getColumns();
        return columns > 0 ? columns : USUAL_WIDTH;
    }

    int height() {
        int rows = size().getRows();
        return rows > 0 ? rows : USUAL_HEIGHT;
    }

    private Size size() {
        return terminal.getSize();
    }

    @Override
    public void close() {
        try {
            terminal.close();
        } catch (IOException e) {
            System.getLogger(Screen.class.getName())
                    .log(System.Logger.Level.DEBUG, "the terminal was gone before it was closed", e);
        }
    }
}
