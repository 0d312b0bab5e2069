package dev.penstock.emulator;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The validation of a batch's input: what is wrong with it, and what it will take. Goes through the file in steps. One
 * owner.
 *
 * <p>Names of errors are those that are documented for the same service elsewhere; the vendor publishes no list.
 */
final class BatchScan {
    /** A file may be wrong in every line. */
    private static final int MOST_ERRORS = 100;

    private final Route route;
    private final StoredFile input;
    private final BatchBounds bounds;
    private final AskRules rules;
    private final LineReader.Place place = new LineReader.Place();
    private final Set<Long> customIds = new HashSet<>();
    private final List<BatchError> errors = new ArrayList<>();
    private @Nullable String model;
    private int rows;
    private long tokens;
    private long embeddingInputs;
    private boolean done;

    BatchScan(Route route, StoredFile input, BatchBounds bounds, AskRules rules) {
        this.route = route;
        this.input = input;
        this.bounds = bounds;
        this.rules = rules;
    }

    /** Goes on as far as the budget allows. */
    void work(WorkBudget budget) throws IOException {
        try (LineReader reader = new LineReader(input.path(), place)) {
            while (!done && !budget.isSpent()) {
                byte[] line = reader.next();
                if (line == null) {
                    if (rows == 0 && errors.isEmpty()) {
                        error("empty_file", "The batch input file is empty.", null, 0);
                    }
                    done = true;
                } else {
                    budget.spend(line.length);
                    row(line, reader.wasTooLong());
                    done = errors.size() >= MOST_ERRORS || rows > bounds.rows();
                }
            }
        }
        if (done) {
            checkSums();
            customIds.clear();
        }
    }

    private void row(byte[] line, boolean tooLong) {
        rows++;
        long number = place.line();
        BatchRow row;
        try {
            if (tooLong) {
                throw new IOException("too long");
            }
            row = BatchRow.read(line);
        } catch (IOException e) {
            error("invalid_json_line", "This line is not parseable as valid JSON.", null, number);
            return;
        }
        String customId = row.customId();
        if (customId == null) {
            missing("custom_id", number);
        } else if (!customIds.add(Mix.hash(1, customId.toCharArray(), 0, customId.length()))) {
            error(
                    "duplicate_custom_id",
                    "The custom_id for this request is a duplicate of another request. The custom_id parameter must be"
                            + " unique for each request in a batch.",
                    "custom_id",
                    number);
        }
        if (row.method() == null) {
            missing("method", number);
        } else if (!row.method().equals("POST")) {
            error("invalid_method", "The method of a request in a batch must be POST.", "method", number);
        }
        if (row.url() == null) {
            missing("url", number);
        } else if (!row.url().startsWith(route.path())) {
            error(
                    "url_mismatch",
                    "The URL provided for this request does not prefix-match the batch endpoint.",
                    "url",
                    number);
        }
        if (row.body() == null) {
            missing("body", number);
        } else {
            body(row.body(), number);
        }
    }

    private void body(byte[] body, long number) {
        Ask ask;
        try {
            ask = Ask.read(route, null, body);
        } catch (IOException e) {
            // What is JSON and no request fails as a row, like a request that is wrong in another way.
            return;
        }
        tokens += AnswerPlanner.promptTokens(route, ask);
        embeddingInputs += route == Route.EMBEDDINGS ? ask.inputs : 0;
        if (ask.model.isEmpty()) {
            return;
        }
        if (!rules.exists(ask.model)) {
            AskRules.Wrong wrong = AskRules.noSuchModel(ask.model);
            error("model_not_found", wrong.message(), "body.model", number);
        }
        if (model == null) {
            model = ask.model;
        } else if (!model.equals(ask.model)) {
            error(
                    "model_mismatch",
                    "The model of this request does not match the rest of the batch. Each batch must contain requests"
                            + " for a single model.",
                    "body.model",
                    number);
        }
    }

    private void checkSums() {
        if (rows > bounds.rows()) {
            error(
                    "too_many_tasks",
                    "The batch input file contains more than the " + bounds.rows() + " maximum requests.",
                    null,
                    0);
        }
        if (embeddingInputs > bounds.embeddingInputs()) {
            error(
                    "too_many_tasks",
                    "The batch input file contains more than the " + bounds.embeddingInputs()
                            + " maximum embedding inputs.",
                    null,
                    0);
        }
        if (input.bytes() > bounds.batchBytes()) {
            // The text was observed, its code was not.
            error(
                    "file_too_large",
                    "The batch input file is larger than the " + bounds.batchBytes() + " maximum for the "
                            + (model == null ? "requested" : model) + " model",
                    null,
                    0);
        }
    }

    private void missing(String field, long number) {
        AskRules.Wrong wrong = AskRules.missing(field);
        error("missing_required_parameter", wrong.message(), field, number);
    }

    private void error(String code, String message, @Nullable String param, long line) {
        errors.add(new BatchError(code, message, param, line));
    }

    boolean isDone() {
        return done;
    }

    List<BatchError> errors() {
        return errors;
    }

    /** The model of the rows; null when no row names one. */
    @Nullable
    String model() {
        return model;
    }

    int rows() {
        return rows;
    }

    /** Prompt tokens of all rows. */
    long tokens() {
        return tokens;
    }
}
