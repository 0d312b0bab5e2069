package dev.penstock.jobs;

import dev.penstock.wire.BatchObject;
import dev.penstock.wire.FileObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/** Goes through what the provider lists, page by page. */
final class ProviderLists {
    private static final int MOST_PAGES = 1_000;
    private static final String FILES = "/files?purpose=batch&limit=10000";
    private static final String BATCHES = "/batches?limit=100";

    private final BatchClient client;
    private final Runnable listed;

    /** What came of a search. */
    sealed interface Search<T> {
        /** The list was read as far as was wanted. */
        record Done<T>(List<T> found) implements Search<T> {
            Optional<T> first() {
                return found.stream().findFirst();
            }
        }

        /** The provider did not answer with a list. */
        record Failed<T>(ApiReply reply) implements Search<T> {}
    }

    /** A part of a list. */
    private record Page<T>(List<T> items, Optional<String> next) {}

    /** @param listed called after each page */
    ProviderLists(BatchClient client, Runnable listed) {
        this.client = client;
        this.listed = listed;
    }

    /** The first file that fits. */
    Search<FileObject> file(Predicate<FileObject> fits) {
        return search(FILES, ProviderLists::files, fits, file -> false, 1);
    }

    /** All files that fit. */
    Search<FileObject> files(Predicate<FileObject> fits) {
        return search(FILES, ProviderLists::files, fits, file -> false, Integer.MAX_VALUE);
    }

    /**
     * The first batch that fits.
     *
     * @param ends whether the list, newest first, need not be read beyond this one's page
     */
    Search<BatchObject> batch(Predicate<BatchObject> fits, Predicate<BatchObject> ends) {
        return search(BATCHES, ProviderLists::batches, fits, ends, 1);
    }

    /** The newest batches, a hundred at most; none if the provider does not answer. */
    List<BatchObject> newestBatches() {
        return switch (search(BATCHES, ProviderLists::batches, batch -> true, batch -> true, Integer.MAX_VALUE)) {
            case Search.Done<BatchObject>(List<BatchObject> found) -> found;
            case Search.Failed<BatchObject> failed -> List.of();
        };
    }

    private <T> Search<T> search(
            String path, Function<byte[], Optional<Page<T>>> read, Predicate<T> fits, Predicate<T> ends, int most) {
        List<T> found = new ArrayList<>();
        String after = "";
        for (int number = 0; number < MOST_PAGES; number++) {
            ApiReply reply = client.get(path + after);
            listed.run();
            Optional<Page<T>> page = reply.isOk() ? read.apply(reply.body()) : Optional.empty();
            if (page.isEmpty()) {
                return new Search.Failed<>(reply);
            }
            page.get().items().stream().filter(fits).forEach(found::add);
            if (found.size() >= most
                    || page.get().items().stream().anyMatch(ends)
                    || page.get().next().isEmpty()) {
                break;
            }
            after = "&after=" + BatchClient.escaped(page.get().next().get());
        }
        return new Search.Done<>(List.copyOf(found));
    }

    private static Optional<Page<FileObject>> files(byte[] body) {
        return FileObject.readPage(body)
                .map(page -> new Page<>(page.files(), page.hasMore() ? page.lastId() : Optional.empty()));
    }

    private static Optional<Page<BatchObject>> batches(byte[] body) {
        return BatchObject.readPage(body)
                .map(page -> new Page<>(page.batches(), page.hasMore() ? page.lastId() : Optional.empty()));
    }
}
