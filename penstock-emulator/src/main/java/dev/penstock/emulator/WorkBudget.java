package dev.penstock.emulator;

/** How much may be done in one go before others get their turn. One owner, used once. */
final class WorkBudget {
    private int rows;
    private long bytes;

    WorkBudget(int rows, long bytes) {
        this.rows = rows;
        this.bytes = bytes;
    }

    static WorkBudget unlimited() {
        return new WorkBudget(Integer.MAX_VALUE, Long.MAX_VALUE);
    }

    boolean isSpent() {
        return rows <= 0 || bytes <= 0;
    }

    void spend(long rowBytes) {
        rows = rows == Integer.MAX_VALUE ? rows : rows - 1;
        bytes = bytes == Long.MAX_VALUE ? bytes : bytes - rowBytes;
    }
}
