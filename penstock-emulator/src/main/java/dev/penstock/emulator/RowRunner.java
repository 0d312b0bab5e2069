package dev.penstock.emulator;

import java.io.IOException;
import java.util.HexFormat;
import java.util.SplittableRandom;

/**
 * Runs rows: gives each the answer of the live endpoint, or an error, as a line. Does not touch the live limits. One
 * owner.
 */
final class RowRunner {
    /** Keeps ids and draws of rows apart from those of live requests. */
    private static final long OF_BATCHES = 0x6a09e667f3bcc908L;

    private static final int STATUS_0_EVERY = 10;

    private final TwinSettings settings;
    private final long seed;
    private final AskRules rules;
    private final AnswerPlanner planner;
    private final AnswerWriter answers;
    private final RowMemory memory;
    private final BatchTally tally;
    private final JsonBytes line = new JsonBytes();
    private long number;

    /** What became of a row. Its line is in {@link #line} until the next one. */
    record Result(boolean answered, long inputTokens, long outputTokens) {
        private static final Result FAILED = new Result(false, 0, 0);
    }

    RowRunner(
            TwinSettings settings,
            long seed,
            AskRules rules,
            AnswerWriter answers,
            RowMemory memory,
            BatchTally tally) {
        this.settings = settings;
        this.seed = seed;
        this.rules = rules;
        this.planner = new AnswerPlanner(settings, seed);
        this.answers = answers;
        this.memory = memory;
        this.tally = tally;
    }

    JsonBytes line() {
        return line;
    }

    /** @param index place of the row in the batch, from 0 */
    Result run(Batch batch, BatchRow row, int index, long epochSecond) {
        Route route = batch.route();
        String customId = String.valueOf(row.customId());
        byte[] body = row.body() == null ? new byte[0] : row.body();
        long bodyHash = AnswerPlanner.hash(route, body);
        long rowHash = Mix.mix(bodyHash ^ Mix.hash(OF_BATCHES, customId.toCharArray(), 0, customId.length()));
        number++;
        int earlier = memory.ran(rowHash);
        SplittableRandom fate = new SplittableRandom(Mix.mix((seed ^ OF_BATCHES) + rowHash) + earlier);
        boolean fails = fate.nextDouble() < settings.batches().rowErrorShare();
        if (fails || batch.has(BatchQuirk.ALL_FAILED)) {
            passingError(customId, fate.nextInt(3) == 0);
            return Result.FAILED;
        }
        Ask ask;
        try {
            ask = Ask.read(route, null, body);
        } catch (IOException e) {
            return wrong(customId, AskRules.NOT_JSON);
        }
        AskRules.Wrong wrong = rules.check(route, ask);
        if (wrong == null && ask.stream && route.hasOutput()) {
            wrong = new AskRules.Wrong(400, "Streaming is not supported in the Batch API.", "stream", null);
        }
        if (wrong != null) {
            return wrong(customId, wrong);
        }
        if (batch.has(BatchQuirk.STATUS_0) && index % STATUS_0_EVERY == 0) {
            begin(customId);
            line.raw("{\"status_code\":0,\"request_id\":\"\",\"body\":null},\"error\":null}\n");
            return new Result(true, 0, 0);
        }
        AnswerWriter.Plan plan = planner.plan(route, ask, bodyHash, number ^ OF_BATCHES, epochSecond);
        AnswerWriter.Body answer = answers.write(route, plan, settings.embeddingDimensions());
        begin(customId);
        response(200).raw(answer.bytes()).raw("},\"error\":null}\n");
        memory.answered(rowHash, bodyHash);
        tally.rowsAnswered++;
        return new Result(true, plan.promptTokens(), plan.outputTokens());
    }

    /** The line of a row that was left when its batch ended. */
    void leftOver(BatchRow row, String code, String message) {
        number++;
        begin(String.valueOf(row.customId()));
        line.raw("null,\"error\":{\"code\":").string(code).raw(",\"message\":").string(message);
        line.raw("}}\n");
    }

    /** Refusals by a limit were seen in batches too, which are said not to have any. */
    private void passingError(String customId, boolean byLimit) {
        begin(customId);
        if (byLimit) {
            ErrorBody.inLine(
                    response(429),
                    "Rate limit reached for requests in organization " + ErrorBody.ORGANIZATION + ".",
                    "requests",
                    null,
                    "rate_limit_exceeded");
        } else {
            ErrorBody.inLine(
                    response(500),
                    "The server had an error while processing your request. Sorry about that!",
                    "server_error",
                    null,
                    null);
        }
        line.raw("},\"error\":null}\n");
    }

    private Result wrong(String customId, AskRules.Wrong wrong) {
        begin(customId);
        ErrorBody.inLine(
                response(wrong.status()), wrong.message(), "invalid_request_error", wrong.param(), wrong.code());
        line.raw("},\"error\":null}\n");
        return Result.FAILED;
    }

    private void begin(String customId) {
        line.clear();
        line.raw("{\"id\":\"batch_req_").raw(id()).raw("\",\"custom_id\":").string(customId);
        line.raw(",\"response\":");
    }

    private JsonBytes response(int status) {
        line.raw("{\"status_code\":").number(status).raw(",\"request_id\":\"").raw(id());
        return line.raw("\",\"body\":");
    }

    private String id() {
        HexFormat hex = HexFormat.of();
        return hex.toHexDigits(Mix.mix(seed ^ number ^ OF_BATCHES)) + hex.toHexDigits(Mix.mix(seed + 31 * number));
    }
}
