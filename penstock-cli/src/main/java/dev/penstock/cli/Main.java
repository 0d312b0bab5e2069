package dev.penstock.cli;

import java.util.Optional;

/** Where the {@code penstock} command starts. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        if (args.length == 1 && (args[0].equals("--version") || args[0].equals("-V"))) {
            // Asked by scripts in loops: answered before any class of the command line is loaded.
            System.out.println("penstock " + Version.text());
            return;
        }
        Shell shell =
                new Shell(System.in, System.out, System.err, name -> Optional.ofNullable(System.getenv(name)), true);
        int code = Penstock.run(shell, args);
        System.out.flush();
        System.exit(code);
    }
}
