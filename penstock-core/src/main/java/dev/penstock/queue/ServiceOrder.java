package dev.penstock.queue;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/** The next requests in the order in which they would be served if nobody else arrived, without serving them. */
final class ServiceOrder<T> {
    private static final Comparator<Cursor<?>> BY_START =
            Comparator.<Cursor<?>>comparingDouble(cursor -> cursor.start).thenComparingLong(cursor -> cursor.turn);

    private final List<PriorityQueue<Cursor<T>>> bands = new ArrayList<>();
    private final long[] turns;
    private final Credits credits;

    private static final class Cursor<T> {
        private final Line<T> line;
        private @Nullable Waiting<T> next;
        private double start;
        private long turn;

        private Cursor(Flow<T> flow) {
            this.line = flow.line;
            this.next = flow.line.first();
            this.start = flow.start;
            this.turn = flow.turn;
        }
    }

    private ServiceOrder(List<Band<T>> queued, Credits credits, int most) {
        this.credits = credits.copy();
        this.turns = queued.stream().mapToLong(Band::turns).toArray();
        for (Band<T> band : queued) {
            var cursors = new PriorityQueue<Cursor<T>>(BY_START);
            // The first requests of a band belong to not more than as many first tenants.
            band.waiting().stream().limit(most).forEach(flow -> cursors.add(new Cursor<>(flow)));
            bands.add(cursors);
        }
    }

    static <T> List<Waiting<T>> first(List<Band<T>> bands, Credits credits, int most) {
        var order = new ServiceOrder<>(bands, credits, most);
        var result = new ArrayList<Waiting<T>>();
        while (result.size() < most) {
            Waiting<T> next = order.next();
            if (next == null) {
                break;
            }
            result.add(next);
        }
        return List.copyOf(result);
    }

    private @Nullable Waiting<T> next() {
        int waiting = 0;
        int band = -1;
        for (int i = bands.size() - 1; i >= 0; i--) {
            if (!bands.get(i).isEmpty()) {
                waiting |= 1 << i;
                band = i;
            }
        }
        if (band < 0) {
            return null;
        }
        for (int i = band + 1; i < bands.size(); i++) {
            Cursor<T> first = bands.get(i).peek();
            if (first != null && first.next != null && credits.canPay(i, first.next.shareSeconds)) {
                band = i;
                break;
            }
        }
        Cursor<T> served = bands.get(band).remove();
        Waiting<T> request = served.next;
        if (request == null) {
            throw new IllegalStateException("a tenant without requests is among those who wait");
        }
        double paid = credits.serve(band, request.shareSeconds, waiting);
        assert paid >= 0;
        served.next = served.line.next(request);
        served.start += request.virtualSeconds();
        served.turn = ++turns[band];
        if (served.next != null) {
            bands.get(band).add(served);
        }
        return request;
    }
}
