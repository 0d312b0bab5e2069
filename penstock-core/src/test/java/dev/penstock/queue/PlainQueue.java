package dev.penstock.queue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link FairQueue} should do, written as plainly as it can be: one list, which is searched from end to end. It does
 * not know bounds.
 */
final class PlainQueue {
    /** A request. */
    static final class Entry {
        final Arrival<Integer> arrival;
        boolean returned;
        double paid;
        int earned;
        double turnBefore;

        @Nullable
        Tag charged;

        Entry(Arrival<Integer> arrival) {
            this.arrival = arrival;
        }

        int number() {
            return arrival.item();
        }

        double length() {
            return arrival.shareSeconds() / arrival.weight();
        }
    }

    private static final class Tag {
        double start;
        double floor;
        double turn;
        double weight;
    }

    private final double ageing;
    private final List<Entry> waiting = new ArrayList<>();
    private final List<Map<String, Tag>> tags = new ArrayList<>();
    private final double[] virtualTime = new double[3];
    private final double[] running = new double[3];
    private final double[] credits = new double[3];
    private double largestShare;
    private double turns;

    PlainQueue(double ageing) {
        this.ageing = ageing;
        for (int band = 0; band < 3; band++) {
            tags.add(new HashMap<>());
        }
    }

    List<Entry> waiting() {
        return waiting;
    }

    void add(Entry entry) {
        int band = band(entry);
        if (!waits(band)) {
            credits[band] = 0;
        }
        enter(entry);
    }

    void addFirst(Entry entry) {
        entry.returned = true;
        enter(entry);
    }

    @Nullable
    Entry head(Predicate<String> mayServe) {
        Entry first = null;
        for (int band = 0; band < 3; band++) {
            Entry head = headOf(band, mayServe);
            if (head == null) {
                continue;
            }
            if (first == null) {
                first = head;
            } else if (credits[band] >= head.arrival.shareSeconds() * (1 - 1e-9)) {
                return head;
            }
        }
        return first;
    }

    void take(Entry entry) {
        int band = band(entry);
        double share = entry.arrival.shareSeconds();
        largestShare = Math.max(largestShare, share);
        entry.earned = 0;
        boolean moreUrgentWaits = false;
        boolean behind = false;
        for (int other = 0; other < 3; other++) {
            if (waits(other)) {
                if (moreUrgentWaits) {
                    earn(other, ageing * share);
                    entry.earned |= 1 << other;
                    behind |= other == band;
                }
                moreUrgentWaits = true;
            }
        }
        entry.paid = behind ? Math.min(share, credits[band]) : 0;
        credits[band] -= entry.paid;

        Tag tag = tag(entry);
        double weights = 0;
        double last = 0;
        for (String tenant : tenants(band)) {
            Tag other = knownTag(band, tenant);
            weights += other.weight;
            last = Math.max(last, other.start);
        }
        virtualTime[band] = Math.max(virtualTime[band], Math.min(virtualTime[band] + running[band], last));
        virtualTime[band] = Math.max(virtualTime[band], tag.start);
        running[band] = share / weights;
        boolean othersAreHeldBack = line(band, entry.arrival.tenant()).size() == 1;
        for (String tenant : tenants(band)) {
            Tag other = knownTag(band, tenant);
            othersAreHeldBack &= other == tag || isServedBefore(band, tenant, entry.arrival.tenant());
        }
        for (String tenant : tenants(band)) {
            Tag other = knownTag(band, tenant);
            if (other.start < tag.start) {
                other.start = tag.start;
                other.floor = tag.start;
            }
        }
        entry.turnBefore = tag.turn;
        entry.charged = tag;
        tag.start += entry.length();
        tag.turn = ++turns;
        if (othersAreHeldBack) {
            virtualTime[band] = Math.max(virtualTime[band], tag.start);
        }
        leave(entry);
    }

    void giveBack(Entry entry) {
        int band = band(entry);
        Tag tag = entry.charged;
        if (tag != null && tags.get(band).get(entry.arrival.tenant()) == tag) {
            tag.start = Math.max(tag.floor, tag.start - entry.length());
            tag.turn = entry.turnBefore;
        }
        forget(band);
        largestShare = Math.max(largestShare, entry.arrival.shareSeconds());
        for (int other = 0; other < 3; other++) {
            if ((entry.earned >> other & 1) != 0) {
                credits[other] = Math.max(0, credits[other] - ageing * entry.arrival.shareSeconds());
            }
        }
        earn(band, entry.paid);
    }

    void remove(Entry entry) {
        leave(entry);
    }

    @Nullable
    Entry expired(long now) {
        Entry first = null;
        for (Entry entry : waiting) {
            if (first == null || isDueBefore(entry, first)) {
                first = entry;
            }
        }
        return first != null && first.arrival.deadlineNanos() - now <= 0 ? first : null;
    }

    /** The line of a tenant in a band. */
    List<Entry> line(int band, String tenant) {
        var line = new ArrayList<Entry>();
        for (Entry entry : waiting) {
            if (band(entry) == band && entry.arrival.tenant().equals(tenant)) {
                line.add(entry);
            }
        }
        line.sort((a, b) -> {
            if (a.returned != b.returned) {
                return a.returned ? -1 : 1;
            }
            if (a.returned) {
                return Integer.compare(a.number(), b.number());
            }
            return isDueBefore(a, b) ? -1 : isDueBefore(b, a) ? 1 : 0;
        });
        return line;
    }

    private static boolean isDueBefore(Entry a, Entry b) {
        long difference = a.arrival.deadlineNanos() - b.arrival.deadlineNanos();
        return difference != 0 ? difference < 0 : a.number() < b.number();
    }

    private @Nullable Entry headOf(int band, Predicate<String> mayServe) {
        String best = null;
        for (String tenant : tenants(band)) {
            if (mayServe.test(tenant) && (best == null || isServedBefore(band, tenant, best))) {
                best = tenant;
            }
        }
        return best == null ? null : line(band, best).get(0);
    }

    private boolean isServedBefore(int band, String a, String b) {
        Tag x = knownTag(band, a);
        Tag y = knownTag(band, b);
        return x.start < y.start || (x.start == y.start && x.turn < y.turn);
    }

    private List<String> tenants(int band) {
        return waiting.stream()
                .filter(entry -> band(entry) == band)
                .map(entry -> entry.arrival.tenant())
                .distinct()
                .toList();
    }

    private void enter(Entry entry) {
        int band = band(entry);
        Tag tag = tag(entry);
        if (!tenants(band).contains(entry.arrival.tenant())) {
            if (tag.start < virtualTime[band]) {
                tag.start = virtualTime[band];
                tag.floor = virtualTime[band];
            }
            tag.turn = ++turns;
        }
        tag.weight = entry.arrival.weight();
        waiting.add(entry);
    }

    private void leave(Entry entry) {
        int band = band(entry);
        waiting.remove(entry);
        if (!waits(band)) {
            credits[band] = 0;
            virtualTime[band] = 0;
            running[band] = 0;
            tags.get(band).clear();
        }
        forget(band);
        if (waiting.isEmpty()) {
            largestShare = 0;
            credits[0] = 0;
            credits[1] = 0;
            credits[2] = 0;
        }
    }

    private void forget(int band) {
        List<String> tenants = tenants(band);
        tags.get(band)
                .entrySet()
                .removeIf(tag -> !tenants.contains(tag.getKey()) && tag.getValue().start <= virtualTime[band]);
    }

    private boolean waits(int band) {
        return waiting.stream().anyMatch(entry -> band(entry) == band);
    }

    private void earn(int band, double amount) {
        credits[band] = Math.min(credits[band] + amount, 4 * largestShare);
    }

    private Tag tag(Entry entry) {
        return tags.get(band(entry)).computeIfAbsent(entry.arrival.tenant(), tenant -> new Tag());
    }

    private Tag knownTag(int band, String tenant) {
        Tag tag = tags.get(band).get(tenant);
        if (tag == null) {
            throw new AssertionError("tenant " + tenant + " waits without a tag");
        }
        return tag;
    }

    private static int band(Entry entry) {
        return entry.arrival.priority().ordinal();
    }
}
