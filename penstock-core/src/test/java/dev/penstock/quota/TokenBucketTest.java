package dev.penstock.quota;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Golden vectors P1 to P4, P6 and P7 of continuously refilled buckets. */
final class TokenBucketTest {
    private static final long MS = 1_000_000;

    /** Ten units, refilled ten per 100 ns. */
    private static TokenBucket tenPer100Nanos(double level) {
        var bucket = new TokenBucket(10, 100, 0);
        bucket.setLevel(level, 0);
        return bucket;
    }

    @Test
    void p1AnEmptyBucketHasAUnitAfterTheTimeOfAUnit() {
        assertThat(tenPer100Nanos(0).waitNanos(1, 0)).isEqualTo(10);
    }

    @Test
    void p1WhatIsThereIsGrantedAtOnce() {
        assertThat(tenPer100Nanos(1).waitNanos(1, 0)).isZero();
    }

    @Test
    void p1FiveUnitsWithOneAtHandWaitForTheOtherFour() {
        var bucket = tenPer100Nanos(1);
        assertThat(bucket.waitNanos(5, 0)).isEqualTo(40);
        assertThat(bucket.waitNanos(5, 39)).isEqualTo(1);
        assertThat(bucket.waitNanos(5, 40)).isZero();
    }

    @Test
    void p2TheRemainderOfARefillIsCarriedOver() {
        var bucket = tenPer100Nanos(0);
        assertThat(bucket.waitNanos(9, 97)).isZero();
        bucket.take(9, 97);
        assertThat(bucket.waitNanos(1, 97)).isEqualTo(3);
        assertThat(bucket.waitNanos(1, 100)).isZero();
    }

    @Test
    void p2ARefundThatFillsTheBucketDropsTheRemainder() {
        var bucket = tenPer100Nanos(9.7);
        bucket.giveBack(1, 0);
        assertThat(bucket.level(0)).isEqualTo(10);
        bucket.take(10, 0);
        assertThat(bucket.waitNanos(1, 0)).isEqualTo(10);
    }

    @Test
    void p3AskingChangesNothing() {
        var bucket = new TokenBucket(100, 100, 0);
        bucket.setLevel(70, 0);
        assertThat(bucket.waitNanos(80, 0)).isEqualTo(10);
        assertThat(bucket.waitNanos(80, 0)).isEqualTo(10);
        assertThat(bucket.level(0)).isEqualTo(70);
    }

    /** One unit each 500 ms: reserves {@code times} units for a queue and returns the wait of the last in ms. */
    private static long lastWaitMillis(TokenBucket bucket, long nowMillis, int times) {
        long wait = 0;
        for (int i = 0; i < times; i++) {
            wait = bucket.waitNanos(1, nowMillis * MS);
            bucket.take(1, nowMillis * MS);
        }
        return wait / MS;
    }

    @Test
    void p4ASmoothPaceOf500MillisSpreadsAQueueEvenly() {
        var bucket = new TokenBucket(1, 500 * MS, 0);
        assertThat(lastWaitMillis(bucket, 0, 7)).isEqualTo(3000);
        assertThat(lastWaitMillis(bucket, 800, 3)).isEqualTo(3700);
        assertThat(lastWaitMillis(bucket, 2300, 1)).isEqualTo(2700);
        assertThat(lastWaitMillis(bucket, 3500, 3)).isEqualTo(3000);
        // 900 in the original vector: its slots lie on a grid of whole 500 ms since the start. The first call takes the
        // slot of 9000 at 9100, the next go at 9500 and 10,000. So two calls pass 400 ms apart, closer than the pace.
        // Ours counts from the call that went last: 9100, 9600, 10,100.
        assertThat(lastWaitMillis(bucket, 9100, 3)).isEqualTo(1000);
        assertThat(lastWaitMillis(bucket, 11_000, 1)).isZero();
    }

    @Test
    void p4ASmoothPaceOf200MillisForgetsIdleTime() {
        var bucket = new TokenBucket(1, 200 * MS, 0);
        assertThat(lastWaitMillis(bucket, 0, 3)).isEqualTo(400);
        assertThat(lastWaitMillis(bucket, 550, 2)).isEqualTo(250);
        // 190 in the original vector, for the same reason: the slots of its grid are 2200 and 2400. Ours keeps 200 ms
        // from 2210, the time at which the call before it went.
        assertThat(lastWaitMillis(bucket, 2210, 2)).isEqualTo(200);
    }

    @Test
    void p6GivingBackNearlyTheLargestNumberFillsTheBucketAndNoMore() {
        var bucket = tenPer100Nanos(9);
        bucket.giveBack(Long.MAX_VALUE - 1, 0);
        assertThat(bucket.level(0)).isEqualTo(10);
        assertThat(bucket.level(1_000_000)).isEqualTo(10);
        bucket.take(10, 1_000_000);
        assertThat(bucket.waitNanos(1, 1_000_000)).isEqualTo(10);
    }

    @Test
    void p7APartialUnitShortensTheWait() {
        var bucket = new TokenBucket(1, 1000 * MS, 0);
        bucket.setLevel(0.2, 0);
        assertThat(bucket.waitNanos(1, 0)).isEqualTo(800 * MS);
        bucket.take(1, 0);
        bucket.take(1, 0);
        assertThat(bucket.waitNanos(1, 0)).isEqualTo(2800 * MS);
    }

    @Test
    void moreThanTheDepthIsLetThroughOnAFullBucketAndLeavesDebt() {
        var bucket = new TokenBucket(60, 60_000 * MS, 0);
        bucket.setDepth(1, 0);
        assertThat(bucket.waitNanos(5, 0)).isZero();
        bucket.take(5, 0);
        assertThat(bucket.level(0)).isEqualTo(-4);
        assertThat(bucket.waitNanos(1, 0)).isEqualTo(5000 * MS);
    }

    @Test
    void whatOthersDrainSlowsTheRefill() {
        var bucket = new TokenBucket(10, 100, 0);
        bucket.setLevel(0, 0);
        bucket.setDrain(0.5, 0);
        assertThat(bucket.waitNanos(1, 0)).isEqualTo(20);
        assertThat(bucket.level(100)).isEqualTo(5);
    }

    @Test
    void aChangedLimitKeepsWhatIsInUse() {
        var bucket = new TokenBucket(100, 1000, 0);
        bucket.setLevel(70, 0);
        bucket.setLimit(200, 0);
        assertThat(bucket.level(0)).isEqualTo(170);
        bucket.setLimit(50, 0);
        assertThat(bucket.level(0)).isEqualTo(20);
    }
}
