package dev.penstock.jobs;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** The beginning of an input: enough to tell its format and its columns. */
final class InputHead {
    private static final int HEAD_BYTES = 1 << 20;
    private static final int ROWS_SAMPLED = 100;

    private final Path path;
    private final byte[] bytes;

    private InputHead(Path path, byte[] bytes) {
        this.path = path;
        this.bytes = bytes;
    }

    static InputHead read(Path path) throws IOException {
        try (InputStream in = Files.newInputStream(path)) {
            InputHead head = new InputHead(path, in.readNBytes(HEAD_BYTES));
            head.refuseForeignFormats();
            return head;
        }
    }

    /** Decides by what was asked for, then by the name, then by what the rows look like. */
    RowFormat format(InputOptions options) {
        if (options.format().isPresent()) {
            return options.format().get();
        }
        String name = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
        if (name.endsWith(".csv")) {
            return RowFormat.CSV;
        }
        if (name.endsWith(".tsv") || name.endsWith(".tab")) {
            return RowFormat.TSV;
        }
        boolean namedJson = name.endsWith(".jsonl") || name.endsWith(".ndjson") || name.endsWith(".json");
        if (!namedJson && firstCharacter() != '{') {
            throw new InputException(path + " does not end in .jsonl, .csv or .tsv, and does not look like JSON; say"
                    + " what it is with --format batch, jsonl, csv or tsv");
        }
        List<String> columns = jsonColumns();
        boolean looksLikeBatch = columns.contains("custom_id") && columns.contains("url") && columns.contains("body");
        if (options.prompt().isPresent()) {
            if (looksLikeBatch) {
                throw new InputException(path + " holds batch-format rows, which are complete requests, but --prompt is"
                        + " for tables; leave --prompt out, or say --format jsonl to use the rows as a table");
            }
            return RowFormat.JSONL;
        }
        if (!looksLikeBatch && !columns.isEmpty() && !columns.contains("custom_id")) {
            throw new InputException(path + " holds rows with the columns " + Names.list(columns)
                    + ", not batch-format requests; give --prompt 'text with {{" + columns.getFirst() + "}}' and"
                    + " --model, or write batch-format rows (custom_id, method, url, body)");
        }
        return RowFormat.BATCH;
    }

    void refuseTableOptions(InputOptions options) {
        List<String> given = options.identity().keySet().stream()
                .map(name -> name.startsWith("--param ") ? "--param" : name)
                .distinct()
                .toList();
        if (!given.isEmpty()) {
            throw new InputException(path + " holds batch-format rows, which are sent exactly as they are; "
                    + String.join(" and ", given)
                    + (given.size() == 1 ? " is" : " are")
                    + " for tables. Change the rows' body instead, for example body.model");
        }
    }

    /** The fields of the first record. */
    List<String> delimitedHeader(RowFormat format) throws IOException {
        RecordReader records = RecordReader.ofDelimited(
                new ByteArrayInputStream(bytes),
                JobIdentity.newSha256(),
                format.delimiter(),
                bytes.length + 1,
                bytes.length);
        if (records.next() != RecordReader.Found.RECORD) {
            throw new InputException(path + " has no header row; its first line must name the columns");
        }
        int malformed = Utf8.firstMalformed(records.bytes(), records.start(), records.start() + records.length());
        if (malformed >= 0) {
            throw InputException.at(
                    path,
                    records.line(),
                    1 + Utf8.characters(records.bytes(), records.start(), malformed),
                    "the header is not UTF-8; save the file as UTF-8");
        }
        DelimitedRecord record = new DelimitedRecord(format.delimiter());
        try {
            record.read(records.bytes(), records.start(), records.length());
        } catch (BadRowException e) {
            int at = records.start() + e.offset();
            throw InputException.at(
                    path,
                    records.line(),
                    1 + Utf8.characters(records.bytes(), records.start(), at),
                    "in the header, " + e.problem());
        }
        return record.texts();
    }

    /** The names at the top level of the first rows, those that are objects. */
    List<String> jsonColumns() {
        Set<String> names = new LinkedHashSet<>();
        try {
            RecordReader records = RecordReader.ofLines(
                    new ByteArrayInputStream(bytes), JobIdentity.newSha256(), bytes.length + 1, bytes.length);
            for (int row = 0; row < ROWS_SAMPLED && records.next() == RecordReader.Found.RECORD; row++) {
                if (Utf8.firstMalformed(records.bytes(), records.start(), records.start() + records.length()) < 0) {
                    names.addAll(JsonRows.names(records.bytes(), records.start(), records.length()));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return List.copyOf(names);
    }

    private int firstCharacter() {
        int at = startsWith(0xEF, 0xBB, 0xBF) ? 3 : 0;
        while (at < bytes.length && ByteText.isSpace(bytes[at])) {
            at++;
        }
        return at < bytes.length ? bytes[at] : -1;
    }

    private void refuseForeignFormats() {
        Optional<String> instead = Optional.empty();
        if (startsWith('P', 'A', 'R', '1')) {
            instead = Optional.of("is a Parquet file; convert it first, for example with"
                    + " duckdb -c \"COPY (FROM 'rows.parquet') TO 'rows.jsonl'\"");
        } else if (startsWith('P', 'K', 3, 4)) {
            instead = Optional.of("is a zip archive or a spreadsheet; unpack it, or save the sheet as CSV (UTF-8)");
        } else if (startsWith(0x1F, 0x8B) || startsWith(0x28, 0xB5, 0x2F, 0xFD)) {
            instead = Optional.of("is compressed; unpack it first, because rows are read again by their place");
        } else if (startsWith(0xFF, 0xFE) || startsWith(0xFE, 0xFF)) {
            instead = Optional.of("is UTF-16; save it as UTF-8, for example with iconv -f UTF-16 -t UTF-8");
        } else if (firstCharacter() == '[') {
            instead = Optional.of("holds a JSON array; each row must be an object on a line of its own, for example"
                    + " with jq -c '.[]' rows.json > rows.jsonl");
        }
        if (instead.isPresent()) {
            throw new InputException(path + " " + instead.get());
        }
    }

    private boolean startsWith(int... magic) {
        if (bytes.length < magic.length) {
            return false;
        }
        for (int i = 0; i < magic.length; i++) {
            if ((bytes[i] & 0xFF) != magic[i]) {
                return false;
            }
        }
        return true;
    }
}
