package dev.penstock.pacing;

import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** Random numbers for several threads. They spread backoffs, which are few. */
final class SharedRandom implements RandomGenerator {
    private final ReentrantLock lock = new ReentrantLock();
    private final RandomGenerator random;

    private SharedRandom(RandomGenerator random) {
        this.random = random;
    }

    static RandomGenerator create() {
        return new SharedRandom(RandomGeneratorFactory.of("L64X128MixRandom").create());
    }

    @Override
    public long nextLong() {
        lock.lock();
        try {
            return random.nextLong();
        } finally {
            lock.unlock();
        }
    }
}
