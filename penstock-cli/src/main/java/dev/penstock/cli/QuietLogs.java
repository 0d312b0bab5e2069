package dev.penstock.cli;

import java.util.logging.LogManager;

/** Libraries log what a user can do nothing about; what matters to him is said in the command's own words. */
final class QuietLogs {
    private QuietLogs() {}

    static void unless(boolean debugging) {
        if (!debugging) {
            LogManager.getLogManager().reset();
        }
    }
}
