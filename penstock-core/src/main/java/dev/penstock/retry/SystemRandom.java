package dev.penstock.retry;

import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;

/** Random numbers for several threads. */
final class SystemRandom implements RandomGenerator {
    static final RandomGenerator SHARED = new SystemRandom();

    private SystemRandom() {}

    @Override
    public long nextLong() {
        return ThreadLocalRandom.current().nextLong();
    }
}
