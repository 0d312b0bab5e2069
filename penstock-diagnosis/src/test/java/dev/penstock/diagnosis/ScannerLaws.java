package dev.penstock.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScannerLaws {
    private static RandomGenerator random(long seed) {
        return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    @Timeout(value = 120, unit = TimeUnit.SECONDS)
    void brokenInputIsReadToItsEndWithoutAnError(long seed) {
        RandomGenerator random = random(seed);
        List<Specimens.Specimen> specimens = Specimens.all();
        for (int round = 0; round < 1_500; round++) {
            byte[] text = specimens.get(random.nextInt(specimens.size())).text().getBytes(StandardCharsets.UTF_8);
            byte[] other =
                    specimens.get(random.nextInt(specimens.size())).text().getBytes(StandardCharsets.UTF_8);
            int changes = 1 + random.nextInt(12);
            for (int i = 0; i < changes && text.length > 0; i++) {
                int at = random.nextInt(text.length);
                switch (random.nextInt(4)) {
                    case 0 -> text[at] = (byte) random.nextInt(256);
                    case 1 -> text[at] = (byte) "\"'\\{}[]:,\n\t `".charAt(random.nextInt(13));
                    case 2 ->
                        System.arraycopy(
                                other,
                                0,
                                text,
                                at,
                                Math.min(other.length, Math.min(random.nextInt(200), text.length - at)));
                    default -> {
                        int length = Math.min(random.nextInt(50), text.length - at);
                        System.arraycopy(text, random.nextInt(text.length - length + 1), text, at, length);
                    }
                }
            }
            Diagnosis diagnosis = Specimens.scan(text);
            for (Group group : diagnosis.groups()) {
                String evidence = group.evidence();
                assertThat(evidence).as("seed %d round %d", seed, round).isNotBlank();
                assertThat(evidence.length()).isLessThan(1_000);
                assertThat(Advice.on(group).fix()).isNotBlank();
                assertThat(Advice.outcome(group, Replay.of(group, diagnosis.answeredTimes())))
                        .isNotBlank();
            }
        }
    }

    @Test
    @Timeout(value = 120, unit = TimeUnit.SECONDS)
    void fiftyMegabytesOfLogsWithoutARefusalRaiseNoAlarm() throws IOException {
        Diagnosis diagnosis = new LogScanner(Specimens.TODAY).scan(new Ordinary(50L << 20, 7));
        assertThat(diagnosis.groups()).isEmpty();
        assertThat(diagnosis.bytes()).isGreaterThanOrEqualTo(50L << 20);
    }

    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS)
    void aLineOfAnyLengthIsReadInPiecesAndEachRefusalOnceCounted() {
        StringBuilder line = new StringBuilder("{\"events\":[");
        int count = 3_000;
        for (int i = 0; i < count; i++) {
            line.append(
                    ("{\"id\":%d,\"error\":{\"message\":\"Rate limit reached for gpt-4o in organization org-x on tokens per min"
                                    + " (TPM): Limit 30000, Used %d, Requested 100. Please try again in 1s.\",\"type\":\"tokens\","
                                    + "\"code\":\"rate_limit_exceeded\"}},")
                            .formatted(i, 20_000 + i));
        }
        long refused = Specimens.scan(line.append("{}]}").toString()).refused();
        // A refusal at the seam of two pieces may be seen in neither or in both.
        assertThat(refused).isBetween(count - 6L, count + 6L);
    }

    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS)
    void theSameRefusalAfterALongLineIsAnotherOne() {
        String refusal =
                "ERROR Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000, Used 29000, Requested 100.\n";
        String filler = "x ".repeat(200_000);
        for (String before : List.of(refusal.strip() + " " + filler + "\n", refusal + filler + "\n")) {
            assertThat(Specimens.scan(before + refusal.repeat(3)).refused()).isEqualTo(4);
        }
    }

    /** Logs of all kinds that hold the words of refusals and none of them. */
    private static final class Ordinary extends InputStream {
        private static final String[] WORDS = {
            "request",
            "handled",
            "429",
            "500",
            "quota",
            "limit",
            "reached",
            "rate",
            "retry",
            "tokens",
            "per",
            "min",
            "queue",
            "full",
            "too",
            "many",
            "overloaded",
            "error",
            "status",
            "timeout",
            "für",
            "запрос",
            "限制",
            "openai",
            "gpt-4o"
        };
        private final RandomGenerator random;
        private final long length;
        private long given;
        private byte[] line = new byte[0];
        private int at;
        private int number;

        Ordinary(long length, long seed) {
            this.length = length;
            this.random = random(seed);
        }

        @Override
        public int read() {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int most) {
            if (at == line.length) {
                if (given >= length) {
                    return -1;
                }
                line = next().getBytes(StandardCharsets.UTF_8);
                at = 0;
                given += line.length;
            }
            int some = Math.min(most, line.length - at);
            System.arraycopy(line, at, into, offset, some);
            at += some;
            return some;
        }

        private String next() {
            number++;
            int kind = random.nextInt(20);
            if (number % 20_000 == 0) {
                return "INFO " + "tokens per min 429 ".repeat(20_000) + number + "\n";
            }
            if (kind >= 13) {
                StringBuilder words =
                        new StringBuilder("2026-11-24 10:00:00,%03d INFO app.Worker - ".formatted(number % 1_000));
                for (int i = 0; i < 12; i++) {
                    words.append(WORDS[random.nextInt(WORDS.length)]).append(' ');
                }
                return words.append(number).append('\n').toString();
            }
            return String.format(
                    Locale.ROOT,
                    switch (kind) {
                        case 0 ->
                            "10.0.0.7 - - [24/Nov/2026:10:00:00 +0000] \"GET /api/items/%d HTTP/1.1\" 429 17 \"-\" \"curl\"%n";
                        case 1 ->
                            "{\"ts\":1764000000,\"level\":\"warn\",\"msg\":\"rate limit exceeded for user %d\",\"status\":429}%n";
                        case 2 ->
                            "2026-11-24T10:00:00Z INFO httpx: HTTP Request: POST https://api.openai.com/v1/chat/completions"
                                    + " \"HTTP/1.1 200 OK\" %d%n";
                        case 3 ->
                            "Traceback (most recent call last):%n  File \"a.py\", line %d, in f%nValueError: 429 is no colour%n";
                        case 4 ->
                            "{\"error\":{\"message\":\"row %d is locked\",\"type\":\"conflict\",\"code\":\"row_locked\"}}%n";
                        case 5 -> "HTTP/1.1 200 OK%nretry-after: 0%nx-request: %d%n%n{\"ok\":true}%n";
                        case 6 ->
                            "java.lang.IllegalStateException: rate limit of 500 reached %d%n\tat a.B.c(B.java:429)%n";
                        case 7 ->
                            "WARN config: rate_limit_exceeded alerts are on, insufficient_quota mails go to ops (%d)%n";
                        case 8 ->
                            "2026-11-24T10:00:00Z DEBUG POST https://api.openai.com/v1/chat/completions {\"model\":\"gpt-4o\","
                                    + "\"messages\":[{\"role\":\"user\",\"content\":\"500 words: You exceeded your current quota"
                                    + " %d, or HTTP 429 Too Many Requests\"}],\"seed\":\"503\"}%n";
                        case 9 ->
                            "DEBUG openai request prompt=Rate limit reached for gpt-4o on tokens per min: Limit 5, Used %d%n";
                        case 10 -> "2026-11-24T10:00:00Z INFO loading config %d {%n";
                        case 11 ->
                            "INFO https://api.openai.com/v1/embeddings {\"input\":\"error 429 of %d\",\"dimensions\":\"512\"}%n";
                        default ->
                            "INFO Server overloaded soon? load 0.%d, error code 0, x-ratelimit-remaining-requests: 499%n";
                    },
                    number);
        }
    }
}
