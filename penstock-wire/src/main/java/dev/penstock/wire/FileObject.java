package dev.penstock.wire;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A stored file as the provider shows it.
 *
 * @param bytes its length; -1 where the provider does not say
 * @see <a href="https://platform.openai.com/docs/api-reference/files/object">The file object</a>
 */
public record FileObject(String id, String filename, long bytes) {
    /**
     * A part of a list.
     *
     * @param lastId what to ask behind for the next part; empty in an empty part
     */
    public record Page(List<FileObject> files, Optional<String> lastId, boolean hasMore) {
        public Page {
            files = List.copyOf(files);
        }
    }

    /** A file; empty if the body is something else. Stateless and thread-safe. */
    public static Optional<FileObject> read(byte[] body) {
        return BatchObject.tree(body).flatMap(FileObject::of);
    }

    /** A part of the list of files; empty if the body is something else. Stateless and thread-safe. */
    public static Optional<Page> readPage(byte[] body) {
        Optional<JsonNode> root = BatchObject.tree(body);
        if (root.isEmpty() || !root.get().path("data").isArray()) {
            return Optional.empty();
        }
        List<FileObject> files = new ArrayList<>();
        root.get().path("data").forEach(node -> of(node).ifPresent(files::add));
        Optional<String> last = BatchObject.text(root.get(), "last_id")
                .or(() -> files.isEmpty()
                        ? Optional.empty()
                        : Optional.of(files.getLast().id()));
        return Optional.of(new Page(files, last, root.get().path("has_more").asBoolean(false)));
    }

    private static Optional<FileObject> of(JsonNode node) {
        return BatchObject.text(node, "id")
                .map(id -> new FileObject(
                        id,
                        BatchObject.text(node, "filename").orElse(""),
                        node.path("bytes").asLong(-1)));
    }
}
