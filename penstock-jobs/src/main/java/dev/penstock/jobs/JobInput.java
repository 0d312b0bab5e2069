package dev.penstock.jobs;

import java.io.Closeable;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A file of rows to be sent. {@link #scan} goes once over it with memory that does not grow; afterwards any row can be
 * read again by its place. Scanning is for one thread, everything else is safe for use by several.
 */
public final class JobInput implements Closeable {
    /** How many bad rows a scan describes; it counts all. */
    public static final int BAD_ROWS_KEPT = 100;

    /** How many columns of JSON rows a scan remembers. */
    public static final int COLUMNS_KEPT = 10_000;

    /** The longest row: more than any endpoint accepts. */
    static final int LONGEST_ROW_BYTES = 64 << 20;

    private static final int BUFFER_BYTES = 256 << 10;

    private final Path path;
    private final RowFormat format;
    private final RowParser rows;
    private final List<String> header;
    private final InputOptions options;
    private final long size;
    private final Instant modified;

    private final ReentrantLock reading = new ReentrantLock();
    /** Guarded by {@link #reading}. Not a channel, which an interrupted reader would close for everyone. */
    private final RandomAccessFile file;

    private JobInput(
            Path path,
            RowFormat format,
            RowParser rows,
            List<String> header,
            InputOptions options,
            BasicFileAttributes attributes,
            RandomAccessFile file) {
        this.path = path;
        this.format = format;
        this.rows = rows;
        this.header = header;
        this.options = options;
        this.size = attributes.size();
        this.modified = attributes.lastModifiedTime().toInstant();
        this.file = file;
    }

    /**
     * Opens a file and finds out what its rows are. Reads only its beginning.
     *
     * @throws InputException if it cannot be read, is of an unknown format, or does not go with the options
     */
    public static JobInput open(Path path, InputOptions options) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            if (!attributes.isRegularFile()) {
                throw new InputException(path + " is not a regular file; a job reads its rows several times, so save"
                        + " them to a file first");
            }
            InputHead head = InputHead.read(path);
            RowFormat format = head.format(options);
            List<String> header = List.of();
            RowParser rows = switch (format) {
                case BATCH -> {
                    head.refuseTableOptions(options);
                    yield new BatchRows();
                }
                case CSV, TSV -> {
                    ChatRequestTemplate template = ChatRequestTemplate.of(options);
                    header = head.delimitedHeader(format);
                    ColumnCheck.require(path, template.columns(), header);
                    ColumnCheck.requireUnique(path, template.columns(), header);
                    yield new DelimitedRows(format.delimiter(), header, template);
                }
                case JSONL -> {
                    ChatRequestTemplate template = ChatRequestTemplate.of(options);
                    List<String> names = head.jsonColumns();
                    if (!names.isEmpty()) {
                        ColumnCheck.require(path, template.columns(), names);
                    }
                    yield new JsonRows(template);
                }
            };
            return new JobInput(
                    path, format, rows, header, options, attributes, new RandomAccessFile(path.toFile(), "r"));
        } catch (IOException e) {
            throw InputException.unreadable(path, e);
        }
    }

    public Path path() {
        return path;
    }

    public RowFormat format() {
        return format;
    }

    /** The file's size in bytes when it was opened. */
    public long size() {
        return size;
    }

    /** The columns of a CSV or TSV file; empty for the other formats, whose columns a scan finds. */
    public List<String> header() {
        return header;
    }

    /** What of the options changes the requests, for {@link JobIdentity}; templates only as a digest. */
    public Map<String, String> requestOptions() {
        Map<String, String> all = new TreeMap<>(options.identity());
        all.put("--format", format.name());
        return all;
    }

    /**
     * Reads the whole file once, hands every good row to the visitor and describes the bad ones.
     *
     * @throws InputException if the file cannot be read, is damaged so that the rows behind cannot be trusted, or
     *     changes meanwhile
     */
    public ScanReport scan(RowVisitor visitor) {
        MessageDigest sha256 = JobIdentity.newSha256();
        ColumnNames columns = new ColumnNames(COLUMNS_KEPT);
        RowParser parser = rows instanceof JsonRows json ? json.noting(columns) : rows;
        BadRows bad = new BadRows();
        long number = 0;
        long good = 0;
        try (RecordReader records = records(new FileInputStream(path.toFile()), sha256);
                CustomIds ids = new CustomIds(this::customIdAt)) {
            if (format.isDelimited()) {
                records.next();
            }
            RecordReader.Found found;
            while ((found = records.next()) != RecordReader.Found.END) {
                requireClosedQuote(records);
                try {
                    if (found == RecordReader.Found.TOO_LONG) {
                        throw new BadRowException(0, "the row is longer than " + LONGEST_ROW_BYTES + " bytes");
                    }
                    RowPlace place = new RowPlace(number, records.line(), records.offset(), records.length());
                    PreparedRequest request = parse(parser, records.bytes(), records.start(), records.length(), number);
                    if (format == RowFormat.BATCH) {
                        requireNewId(ids, request.customId(), place);
                    }
                    visitor.visit(place, request);
                    good++;
                } catch (BadRowException e) {
                    bad.add(number, records, e);
                }
                number++;
            }
            InputDigest digest =
                    new InputDigest(HexFormat.of().formatHex(sha256.digest()), records.bytesRead(), modified);
            requireUnchanged(digest.bytes());
            List<String> names = format.isDelimited() ? header : columns.toList();
            return new ScanReport(good, bad.count, bad.first, digest, names);
        } catch (IOException e) {
            throw InputException.unreadable(path, e);
        }
    }

    /**
     * Reads a row again.
     *
     * @throws InputException if the file changed so that there is no such row any more
     */
    public PreparedRequest read(RowPlace place) {
        byte[] bytes = bytes(place);
        try {
            return parse(rows, bytes, 0, bytes.length, place.number());
        } catch (BadRowException e) {
            throw InputException.changed(path);
        }
    }

    /** The row's bytes as they stand in the file, without the line end. */
    byte[] bytes(RowPlace place) {
        byte[] bytes = new byte[place.length()];
        readFully(place.offset(), bytes, bytes.length);
        return bytes;
    }

    /** Fills the beginning of the array with the bytes that stand at an offset of the file. */
    void readFully(long offset, byte[] bytes, int length) {
        reading.lock();
        try {
            file.seek(offset);
            file.readFully(bytes, 0, length);
        } catch (IOException e) {
            if (size() != path.toFile().length()) {
                throw InputException.changed(path);
            }
            throw InputException.unreadable(path, e);
        } finally {
            reading.unlock();
        }
    }

    /**
     * The content's digest. Reads the whole file, unless it is as large and as old as when the known one was taken.
     *
     * @param known the digest of an earlier run
     */
    public InputDigest digest(Optional<InputDigest> known) {
        if (known.isPresent()
                && known.get().bytes() == size
                && known.get().modified().equals(modified)) {
            return known.get();
        }
        MessageDigest sha256 = JobIdentity.newSha256();
        byte[] buffer = new byte[BUFFER_BYTES];
        long bytes = 0;
        try (InputStream in = new FileInputStream(path.toFile())) {
            int read;
            while ((read = in.read(buffer)) >= 0) {
                sha256.update(buffer, 0, read);
                bytes += read;
            }
            requireUnchanged(bytes);
        } catch (IOException e) {
            throw InputException.unreadable(path, e);
        }
        return new InputDigest(HexFormat.of().formatHex(sha256.digest()), bytes, modified);
    }

    @Override
    public void close() {
        reading.lock();
        try {
            file.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            reading.unlock();
        }
    }

    /** The name of a table's row, which has none of its own. */
    static String tableRowId(long number) {
        return "row-" + number;
    }

    private static PreparedRequest parse(RowParser parser, byte[] bytes, int offset, int length, long number)
            throws BadRowException {
        int malformed = Utf8.firstMalformed(bytes, offset, offset + length);
        if (malformed >= 0) {
            throw new BadRowException(
                    malformed - offset,
                    String.format("byte 0x%02X is not UTF-8; save the file as UTF-8", bytes[malformed]));
        }
        return parser.parse(bytes, offset, length, number);
    }

    private RecordReader records(InputStream in, MessageDigest digest) {
        return format.isDelimited()
                ? RecordReader.ofDelimited(in, digest, format.delimiter(), BUFFER_BYTES, LONGEST_ROW_BYTES)
                : RecordReader.ofLines(in, digest, BUFFER_BYTES, LONGEST_ROW_BYTES);
    }

    private void requireClosedQuote(RecordReader records) {
        if (records.openQuote()) {
            throw new InputException(path + ":" + records.quoteLine() + ": a quoted field opens here and is not closed"
                    + " before the end of the file or of " + LONGEST_ROW_BYTES + " bytes; the rows behind it cannot be"
                    + " told apart. Close the quote, or write quotes inside a value twice");
        }
    }

    private static void requireNewId(CustomIds ids, String customId, RowPlace place)
            throws IOException, BadRowException {
        OptionalLong earlier = ids.add(customId, place.offset(), place.line());
        if (earlier.isPresent()) {
            throw new BadRowException(
                    0,
                    "custom_id was already used on line " + earlier.getAsLong() + "; each row needs one that no other"
                            + " row has");
        }
    }

    private String customIdAt(long offset) throws IOException {
        reading.lock();
        try {
            file.seek(offset);
            return BatchRows.customId(new InputStream() {
                @Override
                public int read() throws IOException {
                    return file.read();
                }

                @Override
                public int read(byte[] bytes, int from, int length) throws IOException {
                    return file.read(bytes, from, length);
                }
            });
        } finally {
            reading.unlock();
        }
    }

    private void requireUnchanged(long bytesRead) throws IOException {
        BasicFileAttributes now = Files.readAttributes(path, BasicFileAttributes.class);
        if (bytesRead != size || !now.lastModifiedTime().toInstant().equals(modified)) {
            throw InputException.changed(path);
        }
    }

    /** Collects bad rows up to a bound. */
    private static final class BadRows {
        final List<BadRow> first = new ArrayList<>();
        long count;

        void add(long number, RecordReader records, BadRowException problem) {
            count++;
            if (first.size() == BAD_ROWS_KEPT) {
                return;
            }
            byte[] bytes = records.bytes();
            int at = records.start() + Math.min(problem.offset(), records.length());
            long line = records.line();
            int lineStart = records.start();
            for (int i = records.start(); i < at; i++) {
                if (bytes[i] == '\n') {
                    line++;
                    lineStart = i + 1;
                }
            }
            first.add(new BadRow(number, line, Utf8.characters(bytes, lineStart, at) + 1, problem.problem()));
        }
    }
}
