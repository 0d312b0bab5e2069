package dev.penstock.emulator;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One page of a list.
 *
 * @param more whether others follow
 */
record Page<T>(List<T> items, boolean more) {
    /**
     * The first {@code limit} of all, or of those that follow the one with the id {@code after}.
     *
     * @return null if there is none with that id
     */
    static <T> @Nullable Page<T> of(Iterable<T> all, @Nullable String after, int limit, Function<T, String> id) {
        List<T> items = new ArrayList<>();
        boolean within = after == null;
        for (T item : all) {
            if (!within) {
                within = id.apply(item).equals(after);
            } else if (items.size() == limit) {
                return new Page<>(items, true);
            } else {
                items.add(item);
            }
        }
        return within ? new Page<>(items, false) : null;
    }

    void write(JsonBytes json, Function<T, String> id, Consumer<T> item) {
        json.raw("{\"object\":\"list\",\"data\":[");
        for (int i = 0; i < items.size(); i++) {
            json.raw(i == 0 ? "" : ",");
            item.accept(items.get(i));
        }
        json.raw("],\"first_id\":");
        json.optional(items.isEmpty() ? null : id.apply(items.getFirst()));
        json.raw(",\"last_id\":");
        json.optional(items.isEmpty() ? null : id.apply(items.getLast()));
        json.raw(",\"has_more\":").raw(Boolean.toString(more)).raw('}');
    }
}
