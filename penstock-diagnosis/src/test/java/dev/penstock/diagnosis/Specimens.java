package dev.penstock.diagnosis;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What people have: texts as providers send them, and what clients write of them. */
final class Specimens {
    static final LocalDate TODAY = LocalDate.of(2026, 11, 24);

    /** @param expected refusals by kind, in the order of the names */
    record Specimen(String name, String expected, String text) {
        @Override
        public String toString() {
            return name;
        }
    }

    private Specimens() {}

    static List<Specimen> all() {
        String file;
        try (InputStream in = Specimens.class.getResourceAsStream("specimens.txt")) {
            if (in == null) {
                throw new IllegalStateException("specimens.txt is missing");
            }
            file = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<Specimen> specimens = new ArrayList<>();
        for (String part : file.substring(4).split("\n=== ", -1)) {
            int bar = part.indexOf('|');
            int end = part.indexOf('\n');
            specimens.add(new Specimen(
                    part.substring(0, bar).strip(), part.substring(bar + 1, end).strip(), part.substring(end + 1)));
        }
        return specimens;
    }

    static Diagnosis scan(String text) {
        return scan(text.getBytes(StandardCharsets.UTF_8));
    }

    static Diagnosis scan(byte[] bytes) {
        try {
            return new LogScanner(TODAY).scan(new ByteArrayInputStream(bytes));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As in {@link Specimen#expected}. */
    static String kinds(Diagnosis diagnosis) {
        Map<String, Long> kinds = new TreeMap<>();
        diagnosis.groups().forEach(group -> kinds.merge(group.kind().code(), group.count(), Long::sum));
        StringBuilder text = new StringBuilder();
        kinds.forEach((kind, count) ->
                text.append(text.isEmpty() ? "" : ",").append(kind).append(':').append(count));
        return text.toString();
    }
}
