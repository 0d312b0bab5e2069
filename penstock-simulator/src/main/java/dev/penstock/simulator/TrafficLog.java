package dev.penstock.simulator;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.BufferedReader;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads recorded traffic: CSV with a header line, or a JSON object a line. Each request has a {@code time} (seconds,
 * milliseconds since 1970 or ISO 8601) and may have {@code tokens} and a {@code latency} in seconds; other columns and
 * members are passed over.
 */
public final class TrafficLog {
    private static final Set<String> TIME = Set.of("time", "timestamp", "ts", "at", "created", "created_at");
    private static final Set<String> TOKENS = Set.of("tokens", "total_tokens");
    private static final Set<String> LATENCY = Set.of("latency", "latency_seconds", "duration_seconds");
    private static final int MOST_ROWS = 20_000_000;
    /** Seconds beyond the year 5000: such numbers are milliseconds. */
    private static final BigDecimal MILLIS_FROM = new BigDecimal("1e11");

    private static final BigDecimal NANOS = new BigDecimal("1e9");
    private static final BigDecimal LONGEST_SECONDS = new BigDecimal("1e12");

    private final String name;
    private long[] at = new long[1_024];
    private long[] tokens = new long[1_024];
    private long[] latency = new long[1_024];
    private int rows;
    private long line;
    private BigDecimal first = BigDecimal.ZERO;

    private @Nullable BigDecimal rowTime;
    private long rowTokens;
    private long rowLatency;

    private TrafficLog(String name) {
        this.name = name;
    }

    /**
     * Reads a file.
     *
     * @throws IllegalArgumentException when it cannot be read or a line is wrong; the message names file and line
     */
    public static Traffic.Recorded read(Path file) {
        TrafficLog log = new TrafficLog(file.toString());
        try (BufferedReader in = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            return log.read(in);
        } catch (NoSuchFileException e) {
            throw new IllegalArgumentException(file + " does not exist; give a CSV or JSONL file of requests", e);
        } catch (MalformedInputException e) {
            throw new IllegalArgumentException(file + " is not UTF-8; convert it", e);
        } catch (IOException e) {
            throw new IllegalArgumentException(file + " cannot be read; check its path and permissions", e);
        }
    }

    private Traffic.Recorded read(BufferedReader in) throws IOException {
        String text = in.readLine();
        boolean json = false;
        String[] columns = null;
        JsonFactory factory = new JsonFactory();
        while (text != null) {
            line++;
            if (!text.isBlank()) {
                if (columns == null && !json) {
                    json = text.strip().startsWith("{");
                    columns = json ? null : columns(text);
                    if (json) {
                        object(factory, text);
                    }
                } else if (json) {
                    object(factory, text);
                } else if (columns != null) {
                    fields(columns, text);
                }
            }
            text = in.readLine();
        }
        if (rows == 0) {
            throw new IllegalArgumentException(name + " has no requests; give a line for each, with its time");
        }
        return sorted();
    }

    private String[] columns(String header) {
        String[] columns = header.toLowerCase(Locale.ROOT).split(",", -1);
        for (int i = 0; i < columns.length; i++) {
            columns[i] = columns[i].replace("\uFEFF", "").replace("\"", "").strip();
        }
        if (List.of(columns).stream().noneMatch(TIME::contains)) {
            throw wrong("names the columns " + String.join(", ", columns)
                    + "; one must be 'time', and 'tokens' and 'latency' may be there");
        }
        return columns;
    }

    private void fields(String[] columns, String text) {
        String[] fields = text.split(",", -1);
        if (fields.length != columns.length) {
            throw wrong("has " + fields.length + " fields, but the header names " + columns.length + " columns");
        }
        begin();
        for (int i = 0; i < fields.length; i++) {
            value(columns[i], fields[i].replace("\"", "").strip());
        }
        end();
    }

    private void object(JsonFactory factory, String text) throws IOException {
        begin();
        try (JsonParser parser = factory.createParser(text)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw wrong("is no JSON object");
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String member = parser.currentName().toLowerCase(Locale.ROOT);
                JsonToken token = parser.nextToken();
                if (token.isScalarValue()) {
                    value(member, token == JsonToken.VALUE_NULL ? "" : parser.getText());
                } else {
                    parser.skipChildren();
                }
            }
        } catch (JsonProcessingException e) {
            throw wrong("is broken JSON at column " + e.getLocation().getColumnNr());
        }
        end();
    }

    private void begin() {
        rowTime = null;
        rowTokens = Arrivals.NOT_SAID;
        rowLatency = Arrivals.NOT_SAID;
    }

    private void value(String column, String text) {
        if (text.isEmpty()) {
            return;
        }
        if (TIME.contains(column) && rowTime == null) {
            rowTime = time(column, text);
        } else if (TOKENS.contains(column)) {
            BigDecimal amount = number(column, text, "a number of 0 or more");
            if (amount.signum() < 0 || amount.compareTo(BigDecimal.valueOf(Tokens.MOST)) > 0) {
                throw wrong(column + " is " + text + "; it must be 0 to " + Words.count(Tokens.MOST));
            }
            rowTokens = amount.longValue();
        } else if (LATENCY.contains(column)) {
            BigDecimal seconds = number(column, text, "a number of seconds");
            if (seconds.signum() < 0 || seconds.compareTo(BigDecimal.valueOf(86_400)) > 0) {
                throw wrong(column + " is " + text + "; it must be 0 to 86,400 seconds");
            }
            rowLatency = seconds.multiply(NANOS).longValue();
        }
    }

    private BigDecimal time(String column, String text) {
        if (text.indexOf('T') > 0 || text.indexOf(':') > 0) {
            try {
                OffsetDateTime moment = OffsetDateTime.parse(text.replace(' ', 'T'));
                return BigDecimal.valueOf(moment.toEpochSecond()).add(BigDecimal.valueOf(moment.getNano(), 9));
            } catch (DateTimeParseException e) {
                throw wrong(column + " is '" + text
                        + "'; it must be a number of seconds or ISO 8601 such as 2026-11-24T09:30:00Z");
            }
        }
        BigDecimal number = number(column, text, "a number of seconds or ISO 8601 such as 2026-11-24T09:30:00Z");
        BigDecimal seconds = number.abs().compareTo(MILLIS_FROM) > 0 ? number.movePointLeft(3) : number;
        if (seconds.abs().compareTo(LONGEST_SECONDS) > 0) {
            throw wrong(column + " is " + text + "; that is no time in seconds or milliseconds");
        }
        return seconds;
    }

    private BigDecimal number(String column, String text, String expected) {
        try {
            BigDecimal number = new BigDecimal(text);
            // A number such as 1e999999999 would take for ever to be written out.
            if (Math.abs((long) number.precision() - number.scale()) <= 40) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw wrong(column + " is '" + text + "'; it must be " + expected);
        }
        throw wrong(column + " is '" + text + "'; it must be " + expected);
    }

    private void end() {
        BigDecimal time = rowTime;
        if (time == null) {
            throw wrong("has no time");
        }
        if (rows == MOST_ROWS) {
            throw wrong("is one too many; there may be " + Words.count(MOST_ROWS) + " requests");
        }
        if (rows == at.length) {
            at = Arrays.copyOf(at, 2 * rows);
            tokens = Arrays.copyOf(tokens, 2 * rows);
            latency = Arrays.copyOf(latency, 2 * rows);
        }
        first = rows == 0 ? time : first;
        at[rows] = time.subtract(first).multiply(NANOS).longValue();
        tokens[rows] = rowTokens;
        latency[rows] = rowLatency;
        rows++;
    }

    private Traffic.Recorded sorted() {
        boolean inOrder = true;
        for (int i = 1; i < rows; i++) {
            inOrder &= at[i] >= at[i - 1];
        }
        long[] times = Arrays.copyOf(at, rows);
        long[] sizes = Arrays.copyOf(tokens, rows);
        long[] latencies = Arrays.copyOf(latency, rows);
        if (!inOrder) {
            Integer[] order = new Integer[rows];
            Arrays.setAll(order, i -> i);
            Arrays.sort(order, Comparator.comparingLong(i -> at[i]));
            for (int i = 0; i < rows; i++) {
                times[i] = at[order[i]];
                sizes[i] = tokens[order[i]];
                latencies[i] = latency[order[i]];
            }
        }
        long origin = times[0];
        for (int i = 0; i < rows; i++) {
            times[i] -= origin;
        }
        return new Traffic.Recorded(times, sizes, latencies);
    }

    private IllegalArgumentException wrong(String what) {
        return new IllegalArgumentException(name + ", line " + line + ": " + what);
    }
}
