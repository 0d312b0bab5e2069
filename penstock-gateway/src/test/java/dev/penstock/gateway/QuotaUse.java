package dev.penstock.gateway;

import dev.penstock.emulator.Ledger;
import dev.penstock.limit.Limit;
import dev.penstock.limit.Unit;

/**
 * How much of a limit was used, of what somebody could have used who knew it from the start and always took what was
 * there. Second by second, because the ledger tells no less.
 */
final class QuotaUse {
    private QuotaUse() {}

    /**
     * @param shape as the emulator names it
     * @param from seconds since the start; what was used before is taken as it was
     */
    static double share(Ledger ledger, Limit limit, String shape, int from, int until) {
        double[] used = new double[until];
        for (Ledger.Second second : ledger.seconds()) {
            if (second.second() < until) {
                used[(int) second.second()] =
                        limit.dimension().unit() == Unit.REQUESTS ? second.admitted() : second.tokens();
            }
        }
        double sum = 0;
        for (int second = from; second < until; second++) {
            sum += used[second];
        }
        return sum / possible(used, limit, shape, from, until);
    }

    private static double possible(double[] used, Limit limit, String shape, int from, int until) {
        double amount = limit.amount();
        int window = (int) limit.dimension().window().toSeconds();
        double perSecond = limit.perSecond();
        boolean bucket = shape.equals("bucket") || shape.equals("quantized");
        double depth = shape.equals("quantized") ? perSecond : amount;
        double left = depth;
        double[] taken = new double[until];
        double sum = 0;
        for (int second = 0; second < until; second++) {
            double level = amount;
            if (bucket) {
                level = left + perSecond;
            } else {
                int begin = shape.equals("fixed") ? second / window * window : Math.max(0, second - window + 1);
                for (int earlier = begin; earlier < second; earlier++) {
                    level -= taken[earlier];
                }
            }
            taken[second] = second < from ? used[second] : Math.max(0, level);
            left = Math.min(depth, level - taken[second]);
            sum += second < from ? 0 : taken[second];
        }
        return sum;
    }
}
