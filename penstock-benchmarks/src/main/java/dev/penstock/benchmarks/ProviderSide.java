package dev.penstock.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the provider knows of batches and files, asked when all is over: its ledger, its lists, its files of results. */
final class ProviderSide {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern ROW = Pattern.compile("\"custom_id\":\"row-(\\d+)\"");
    private static final Pattern PROMPT_TOKENS = Pattern.compile("\"prompt_tokens\":(\\d+)");
    private static final int MOST_PAGES = 100;

    private final EmulatorProcess emulator;
    private final JsonNode ledger;
    private final List<JsonNode> batches;

    private ProviderSide(EmulatorProcess emulator, JsonNode ledger, List<JsonNode> batches) {
        this.emulator = emulator;
        this.ledger = ledger;
        this.batches = batches;
    }

    static ProviderSide of(EmulatorProcess emulator) throws IOException, InterruptedException {
        List<JsonNode> batches = new ArrayList<>();
        String after = "";
        for (int page = 0; page < MOST_PAGES; page++) {
            JsonNode list = JSON.readTree(emulator.get("/v1/batches?limit=100" + after));
            list.path("data").forEach(batches::add);
            if (!list.path("has_more").asBoolean()) {
                return new ProviderSide(emulator, emulator.ledger().path("batches"), List.copyOf(batches));
            }
            after = "&after=" + list.path("last_id").asText();
        }
        throw new IOException("the provider has more than " + MOST_PAGES + " pages of batches");
    }

    /** A figure of the ledger of batches. */
    long figure(String name) {
        return ledger.path(name).asLong();
    }

    /** How many batches ended with a status. */
    long ended(String status) {
        return ledger.path("ended").path(status).asLong();
    }

    List<String> batchIds() {
        return batches.stream().map(batch -> batch.path("id").asText()).toList();
    }

    /** Batches that are not over. */
    long running() {
        return batches.stream()
                .filter(batch -> !List.of("completed", "failed", "expired", "cancelled")
                        .contains(batch.path("status").asText()))
                .count();
    }

    /** Tokens of a kind that the batches say they used: {@code input_tokens} or {@code output_tokens}. */
    long used(String kind) {
        return batches.stream()
                .mapToLong(batch -> batch.path("usage").path(kind).asLong())
                .sum();
    }

    /**
     * Batches beyond the first of the same part and attempt, and beyond the first of a part that was not refused in its
     * validation: a refused one is created again on purpose and ran no row.
     */
    long createdTwice() {
        Map<String, Integer> byAttempt = new HashMap<>();
        Map<String, Integer> byPart = new HashMap<>();
        for (JsonNode batch : batches) {
            JsonNode metadata = batch.path("metadata");
            String part = metadata.path("penstock_job").asText() + "/"
                    + metadata.path("penstock_part").asText();
            byAttempt.merge(part + "/" + metadata.path("penstock_attempt").asText(), 1, Integer::sum);
            if (!batch.path("status").asText().equals("failed")) {
                byPart.merge(part, 1, Integer::sum);
            }
        }
        return Math.max(beyondFirst(byAttempt), beyondFirst(byPart));
    }

    private static long beyondFirst(Map<String, Integer> counts) {
        return counts.values().stream().mapToLong(count -> count - 1).sum();
    }

    /** Files of batches that clients stored and that are still there. */
    long inputFiles() throws IOException, InterruptedException {
        long files = 0;
        String after = "";
        for (int page = 0; page < MOST_PAGES; page++) {
            JsonNode list = JSON.readTree(emulator.get("/v1/files?purpose=batch&limit=1000" + after));
            files += list.path("data").size();
            if (!list.path("has_more").asBoolean()) {
                return files;
            }
            after = "&after=" + list.path("last_id").asText();
        }
        throw new IOException("the provider has more than " + MOST_PAGES + " pages of files");
    }

    /** How often each row was in a batch that ran, as the files of results tell, and what its prompt counts. */
    Sendings sendings(int rows) throws IOException, InterruptedException {
        Sendings sendings = new Sendings(new int[rows], new int[rows], new int[rows]);
        for (JsonNode batch : batches) {
            for (String kind : List.of("output_file_id", "error_file_id")) {
                String file = batch.path(kind).asText("");
                if (!file.isEmpty() && !file.equals("null")) {
                    read(file, sendings);
                }
            }
        }
        return sendings;
    }

    private void read(String file, Sendings sendings) throws IOException, InterruptedException {
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(emulator.get("/v1/files/" + file + "/content"), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                Matcher row = ROW.matcher(line);
                if (!row.find()) {
                    throw new IOException("a line of results has no custom_id of these rows");
                }
                int number = Integer.parseInt(row.group(1));
                sendings.times()[number]++;
                Matcher tokens = PROMPT_TOKENS.matcher(line);
                if (tokens.find()) {
                    sendings.answers()[number]++;
                    sendings.tokens()[number] = Integer.parseInt(tokens.group(1));
                }
            }
        }
    }

    /**
     * Of each row, by number.
     *
     * @param times batches that it was in
     * @param answers that it got
     * @param tokens of its prompt
     */
    record Sendings(int[] times, int[] answers, int[] tokens) {
        /**
         * The least number of batches that could take these sendings in rounds, the rows that came back being sent again
         * when all others are through: a batch holds a row once, at most 50,000 rows, and no more tokens than may be
         * enqueued.
         *
         * @param models rows whose numbers leave the same rest by this belong to one model, which has a queue to itself
         */
        long leastBatches(long queueTokens, int models) {
            long least = 0;
            for (int model = 0; model < models; model++) {
                long tokensOfRound = -1;
                for (int round = 1; tokensOfRound != 0; round++) {
                    tokensOfRound = 0;
                    long rowsOfRound = 0;
                    for (int row = model; row < times.length; row += models) {
                        if (times[row] >= round) {
                            tokensOfRound += tokens[row];
                            rowsOfRound++;
                        }
                    }
                    least += Math.max(Math.ceilDiv(tokensOfRound, queueTokens), Math.ceilDiv(rowsOfRound, 50_000L));
                }
            }
            return least;
        }

        /** Rows that were in a further batch, each time counted. */
        long again() {
            long again = 0;
            for (int time : times) {
                again += Math.max(0, time - 1);
            }
            return again;
        }

        /** Batches that the row that was sent most often was in. */
        int rounds() {
            int most = 0;
            for (int time : times) {
                most = Math.max(most, time);
            }
            return most;
        }

        long rowsAnsweredOnce() {
            long once = 0;
            for (int count : answers) {
                once += count == 1 ? 1 : 0;
            }
            return once;
        }
    }
}
