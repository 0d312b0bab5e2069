package dev.penstock.jobs;

import dev.penstock.limit.Cost;
import dev.penstock.wire.RequestFacts;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A row on its way, as the live runner sees it. What is large is read from the input when it is needed and dropped when
 * it was handed to the socket, so that thousands of rows in flight or backing off weigh little. Owned by the event loop.
 */
final class PendingRow {
    private final RowEntry entry;
    private final LaneMeter lane;

    private @Nullable PreparedRequest request;
    private @Nullable RequestFacts facts;
    private int bodyBytes;

    /** What the row takes by an exact count; only counted where it decides something. */
    @Nullable
    Cost exactCost;

    /** The last answer that was no answer, for the case that it stays the last one. */
    OptionalInt lastStatus = OptionalInt.empty();

    Optional<String> lastRequestId = Optional.empty();
    byte[] lastBody = {};
    String lastCode = "";

    PendingRow(RowEntry entry, LaneMeter lane) {
        this.entry = entry;
        this.lane = lane;
    }

    RowEntry entry() {
        return entry;
    }

    LaneMeter lane() {
        return lane;
    }

    PreparedRequest request(JobInput input) {
        PreparedRequest known = request;
        if (known == null) {
            known = input.read(entry.place());
            request = known;
            facts = known.facts();
            bodyBytes = known.body().length;
        }
        return known;
    }

    RequestFacts facts(JobInput input) {
        RequestFacts known = facts;
        return known == null ? request(input).facts() : known;
    }

    int bodyBytes(JobInput input) {
        return facts == null ? request(input).body().length : bodyBytes;
    }

    void dropRequest() {
        request = null;
    }
}
