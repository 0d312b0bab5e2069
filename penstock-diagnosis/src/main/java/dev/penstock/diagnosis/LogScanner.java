package dev.penstock.diagnosis;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.ArrayDeque;
import java.util.OptionalLong;
import java.util.zip.ZipException;

/**
 * Reads a log of any length once, in constant memory, and collects the refusals in it. Lines that belong together are read
 * together: stack traces, printed JSON, answers with their headers. Not thread-safe; used once.
 */
public final class LogScanner {
    static final int LONGEST_LINE = 64 << 10;
    /** A line longer than can be kept is read in pieces that overlap by as much as an event needs. */
    private static final int OVERLAP = 4 << 10;

    private static final int LONGEST_BLOCK = 64 << 10;
    private static final int MOST_LINES = 400;
    private static final int HEADS = 32;
    private static final int HEAD = 120;
    private static final int LOOKED_AT = 2_000;

    private enum Joining {
        NOTHING,
        TRACE,
        TRACE_END,
        STACK,
        OBJECT,
        HEADERS,
        AFTER_HEADERS
    }

    private static final Triggers TRIGGERS = new Triggers();
    private final TimeStamps stamps;
    private final Collector collector = new Collector();
    private final StringBuilder block = new StringBuilder();
    private final ArrayDeque<String> heads = new ArrayDeque<>();
    private Joining joining = Joining.NOTHING;
    private int blockWords;
    private int blockLines;
    private int prefix;
    private int depth;
    private boolean answer;
    private long lines;
    private long bytes;
    /** The beginning of the last line with a digit that was no event; kept as bytes, since there are many. */
    private final byte[] last = new byte[HEAD];

    private int lastLength;
    private boolean plainSince;
    /** Whether what comes next belongs to a line of which a piece was read. */
    private boolean rest;

    /** A terminal that was told to end would be read again, and a packed input that is damaged fail again. */
    private boolean ended;

    /** @param today for dates that come without a year */
    public LogScanner(LocalDate today) {
        this.stamps = new TimeStamps(today);
    }

    /**
     * Reads to the end and tells what was there. A HAR file is told by its beginning, and so is one that gzip packed.
     *
     * @throws IOException if the input cannot be read
     */
    public Diagnosis scan(InputStream given) throws IOException {
        InputStream in = Packing.unpacked(given);
        byte[] buffer = new byte[4 * LONGEST_LINE];
        int held = fill(in, buffer, 0);
        if (HarReader.looksLikeOne(buffer, held)) {
            bytes = HarReader.read(buffer, held, in, stamps, collector);
            return collector.diagnosis(bytes, 0);
        }
        if (wide(buffer, held)) {
            collector.remark(
                    "the input is UTF-16, in which no refusal can be found; convert it to UTF-8, for example with"
                            + " iconv -f UTF-16 -t UTF-8, and read that");
        } else {
            Packing.remark(buffer, held).ifPresent(collector::remark);
        }
        int from = held >= 3 && (buffer[0] & 0xff) == 0xef && (buffer[1] & 0xff) == 0xbb ? 3 : 0;
        while (held > 0) {
            int start = from;
            for (int i = from; i < held; i++) {
                if (buffer[i] == '\n') {
                    line(buffer, start, i);
                    start = i + 1;
                }
            }
            if (held - start > LONGEST_LINE) {
                line(buffer, start, held);
                // Events of the overlap are seen twice and counted once, since the second is the same as the first.
                start = held - OVERLAP;
                lines--;
                close();
                collector.sameLine();
                rest = true;
            }
            int kept = held - start;
            System.arraycopy(buffer, start, buffer, 0, kept);
            bytes += start;
            int more = fill(in, buffer, kept);
            from = 0;
            if (more == kept) {
                if (kept > 0) {
                    line(buffer, 0, kept);
                    bytes += kept;
                }
                break;
            }
            held = more;
        }
        close();
        return collector.diagnosis(bytes, lines);
    }

    /** Whether each character has two bytes, as in what some shells write into files. */
    private static boolean wide(byte[] buffer, int held) {
        if (held < 2) {
            return false;
        }
        int first = (buffer[0] & 0xff) << 8 | buffer[1] & 0xff;
        int looked = Math.min(held, LOOKED_AT);
        int zeros = 0;
        for (int i = 0; i < looked; i++) {
            zeros += buffer[i] == 0 ? 1 : 0;
        }
        return first == 0xfffe || first == 0xfeff || looked >= 16 && zeros > looked / 3;
    }

    private int fill(InputStream in, byte[] buffer, int held) throws IOException {
        int have = held;
        while (have < buffer.length && !ended) {
            int read;
            try {
                read = in.read(buffer, have, buffer.length - have);
            } catch (ZipException | EOFException cutOff) {
                ended = true;
                collector.remark("the packed input is damaged or cut off; what stands behind that was not read");
                break;
            }
            if (read < 0) {
                ended = true;
                break;
            }
            have += read;
        }
        return have;
    }

    private void line(byte[] buffer, int from, int end) {
        int to = end > from && buffer[end - 1] == '\r' ? end - 1 : end;
        lines++;
        int words = TRIGGERS.in(buffer, from, to);
        if (joining != Joining.NOTHING && continues(buffer, from, to)) {
            append(buffer, from, to, words);
            return;
        }
        if (joining != Joining.NOTHING) {
            close();
        }
        if (!rest) {
            collector.newLine();
        }
        rest = false;
        open(buffer, from, to, words);
    }

    private void open(byte[] buffer, int from, int to, int words) {
        prefix = 0;
        boolean status = statusLine(buffer, from, to);
        if (words == 0 && !status && !(to > from && (buffer[to - 1] == '{' || buffer[to - 1] == '['))) {
            remember(buffer, from, to);
            return;
        }
        if ((words & Triggers.TRACEBACK) != 0 && to - from < 4_000) {
            prefix = indexOf(buffer, from, to, "Traceback (most") - from;
            joining = Joining.TRACE;
        } else if (status) {
            joining = Joining.HEADERS;
            answer = true;
        } else if ((words & Triggers.HEADER) != 0 && header(buffer, from, to)) {
            joining = Joining.HEADERS;
            answer = false;
        } else if (to > from && buffer[to - 1] == '{') {
            joining = Joining.OBJECT;
            depth = 1;
        } else if ((words & Triggers.EVENT) != 0) {
            joining = Joining.STACK;
        } else if (words != 0) {
            append(buffer, from, to, words);
            close();
            return;
        } else {
            remember(buffer, from, to);
            return;
        }
        append(buffer, from, to, words);
    }

    /** Whether this line belongs to those before it. */
    private boolean continues(byte[] buffer, int from, int to) {
        if (block.length() + (to - from) > LONGEST_BLOCK || blockLines >= MOST_LINES) {
            return false;
        }
        int at = Math.min(from + prefix, to);
        boolean blank = blank(buffer, at, to);
        boolean indented = !blank && (buffer[at] == ' ' || buffer[at] == '\t');
        boolean chain = starts(buffer, at, to, "During handling of") || starts(buffer, at, to, "The above exception");
        return switch (joining) {
            case NOTHING -> false;
            case TRACE -> {
                if (!indented && !blank && !chain && !starts(buffer, at, to, "Traceback (most")) {
                    joining = Joining.TRACE_END;
                }
                yield true;
            }
            case TRACE_END -> {
                if (chain) {
                    joining = Joining.TRACE;
                }
                yield chain || blank;
            }
            case STACK -> {
                boolean frame = starts(buffer, skipBlanks(buffer, at, to), to, "at ")
                        || starts(buffer, skipBlanks(buffer, at, to), to, "... ")
                        || starts(buffer, at, to, "Caused by:")
                        || (indented && starts(buffer, skipBlanks(buffer, at, to), to, "Suppressed:"));
                if (frame && buffer[to - 1] == '{') {
                    joining = Joining.OBJECT;
                    depth = 1;
                }
                yield frame;
            }
            case OBJECT -> {
                int first = skipBlanks(buffer, at, to);
                // Many a line that ends in a brace opens nothing, and what follows it are lines of their own.
                if (depth <= 0 || !(blank || indented || "}])".indexOf(buffer[first]) >= 0 || field(buffer, at, to))) {
                    yield false;
                }
                depth += !blank && (buffer[to - 1] == '{' || buffer[to - 1] == '[') ? 1 : 0;
                depth -= first < to && (buffer[first] == '}' || buffer[first] == ']') ? 1 : 0;
                yield true;
            }
            case HEADERS -> {
                int first = starts(buffer, from, to, "< ") ? from + 2 : from;
                if (blank(buffer, first, to) || (to - from == 1 && buffer[from] == '<')) {
                    joining = Joining.AFTER_HEADERS;
                    depth = 0;
                    yield answer;
                }
                yield header(buffer, from, to);
            }
            case AFTER_HEADERS -> {
                int first = skipBlanks(buffer, from, to);
                boolean talk = starts(buffer, from, to, "* ") || starts(buffer, from, to, "{ [");
                boolean starts = first < to && buffer[first] == '{' && !talk;
                if (starts) {
                    boolean whole = buffer[to - 1] == '}';
                    joining = Joining.OBJECT;
                    depth = whole ? 0 : 1;
                }
                yield starts || talk;
            }
        };
    }

    private void append(byte[] buffer, int from, int to, int words) {
        if (block.length() > 0) {
            block.append('\n');
        }
        int most = Math.min(to, from + 4 * LONGEST_LINE);
        int first = blockLines > 0 ? Math.min(from + prefix, most) : from;
        block.append(new String(buffer, first, most - first, StandardCharsets.UTF_8));
        blockWords |= words;
        blockLines++;
    }

    private void close() {
        boolean headersAlone = (joining == Joining.HEADERS || joining == Joining.AFTER_HEADERS) && !answer;
        boolean traffic = (blockWords & Triggers.EVENT) == 0 && (blockWords & Triggers.CALL) != 0;
        boolean worth = (blockWords & (Triggers.EVENT | Triggers.CALL | Triggers.HEADER)) != 0
                || answer && blockLines > 0 && block.indexOf(" 429") > 0;
        if (worth && blockLines > 0) {
            String text = block.toString();
            if (traffic && blockLines == 1) {
                call(text);
            } else {
                take(text, headersAlone);
            }
        }
        if (blockLines > 0) {
            keepHead(block.length() > HEAD ? block.substring(0, HEAD) : block.toString());
        }
        block.setLength(0);
        blockWords = 0;
        blockLines = 0;
        joining = Joining.NOTHING;
        answer = false;
        prefix = 0;
    }

    /** A line about a call without a word about limits: most are of calls that were answered. */
    private void call(String text) {
        String blanked = RequestBodies.blanked(text);
        int status = BlockReader.statusOfCall(blanked);
        if (status >= 200 && status < 300) {
            stamp(text).ifPresent(at -> collector.answered(BlockReader.model(blanked), at));
            collector.answered();
        } else if (status == 401 || status == 429 || status >= 500) {
            take(text, false);
        }
    }

    private void take(String text, boolean headersAlone) {
        BlockReader.Reading reading = BlockReader.read(text, headersAlone);
        if (reading.findings().isEmpty()) {
            collector.notes(reading);
            return;
        }
        OptionalLong at = stamp(text);
        collector.take(reading, at, lines);
    }

    private OptionalLong stamp(String text) {
        OptionalLong own = stamps.read(text);
        if (own.isPresent()) {
            return own;
        }
        if (plainSince) {
            push(new String(last, 0, lastLength, StandardCharsets.UTF_8));
            plainSince = false;
        }
        for (String head : heads) {
            OptionalLong near = stamps.read(head);
            if (near.isPresent()) {
                return near;
            }
        }
        return OptionalLong.empty();
    }

    /** The last lines that were no events may hold the time of one that has none. */
    private void remember(byte[] buffer, int from, int to) {
        int most = Math.min(to, from + 40);
        for (int i = from; i < most; i++) {
            if (buffer[i] >= '0' && buffer[i] <= '9') {
                lastFrom(buffer, from, Math.min(to, from + HEAD));
                return;
            }
        }
    }

    private void lastFrom(byte[] buffer, int from, int to) {
        lastLength = to - from;
        System.arraycopy(buffer, from, last, 0, lastLength);
        plainSince = true;
    }

    private void keepHead(String head) {
        if (plainSince) {
            push(new String(last, 0, lastLength, StandardCharsets.UTF_8));
            plainSince = false;
        }
        push(head);
    }

    private void push(String head) {
        heads.addFirst(head);
        if (heads.size() > HEADS) {
            heads.removeLast();
        }
    }

    private static boolean statusLine(byte[] buffer, int from, int to) {
        return starts(buffer, from, to, "HTTP/") || starts(buffer, from, to, "< HTTP/");
    }

    /** Whether a line is a header: a name of letters, digits and hyphens before a colon. */
    private static boolean header(byte[] buffer, int from, int to) {
        int i = starts(buffer, from, to, "< ") ? from + 2 : from;
        int first = i;
        while (i < to && i - first < 80) {
            int c = buffer[i];
            boolean name = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_';
            if (!name) {
                return c == ':' && i > first;
            }
            i++;
        }
        return false;
    }

    /** Whether a line begins with a name in quotation marks and a colon, as printed JSON that nobody indented. */
    private static boolean field(byte[] buffer, int from, int to) {
        int i = from + 1;
        while (i < to && i - from < 40 && (buffer[i] == '_' || buffer[i] >= 'A' && buffer[i] <= 'z')) {
            i++;
        }
        return i < to - 1 && i > from + 1 && buffer[from] == '"' && buffer[i] == '"' && buffer[i + 1] == ':';
    }

    private static int skipBlanks(byte[] buffer, int from, int to) {
        int i = from;
        while (i < to && (buffer[i] == ' ' || buffer[i] == '\t')) {
            i++;
        }
        return i;
    }

    private static boolean blank(byte[] buffer, int from, int to) {
        return skipBlanks(buffer, from, to) >= to;
    }

    private static boolean starts(byte[] buffer, int from, int to, String word) {
        if (to - from < word.length()) {
            return false;
        }
        for (int i = 0; i < word.length(); i++) {
            if (buffer[from + i] != word.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static int indexOf(byte[] buffer, int from, int to, String word) {
        for (int i = from; i + word.length() <= to; i++) {
            if (starts(buffer, i, to, word)) {
                return i;
            }
        }
        return from;
    }
}
