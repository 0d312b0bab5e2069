package dev.penstock.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ReplayTest {
    private static String refusal(String time, int used) {
        return time
                + " ERROR Rate limit reached for gpt-4o in organization org-x on requests per min (RPM): Limit 60, Used "
                + used + ", Requested 1. Please try again in 1s.\n";
    }

    @Test
    void refusedRequestsTakeTheirTurnWhenTheQuotaRefills() {
        StringBuilder log = new StringBuilder();
        for (int i = 0; i < 30; i++) {
            log.append(refusal("2026-11-24T10:00:00.%03dZ".formatted(i), 60));
        }
        Diagnosis diagnosis = Specimens.scan(log.toString());
        Group group = diagnosis.groups().getFirst();
        assertThat(group.count()).isEqualTo(30);
        assertThat(group.first()).contains(Instant.parse("2026-11-24T10:00:00Z"));
        Replay replay = Replay.of(group, diagnosis.answeredTimes()).orElseThrow();
        assertThat(replay.requests()).isEqualTo(30);
        // One a second, after a minute's worth was used up.
        assertThat(replay.longestWait().toMillis()).isBetween(29_000L, 33_000L);
    }

    @Test
    void answeredCallsTakePartOnlyWhereTheyWereOfTheSameModel() {
        String answered =
                "2026-11-24T10:00:00.000Z POST https://api.openai.com/v1/chat/completions \"HTTP/1.1 200 OK\"%s\n";
        String refusals = refusal("2026-11-24T10:00:01Z", 60) + refusal("2026-11-24T10:00:02Z", 60);
        assertThat(replayed(answered.formatted(" model=gpt-4o").repeat(5) + refusals))
                .isEqualTo("7 left out: false");
        assertThat(replayed(answered.formatted(" model=gpt-4.1").repeat(5) + refusals))
                .isEqualTo("2 left out: false");
        assertThat(replayed(answered.formatted("").repeat(5) + refusals)).isEqualTo("2 left out: true");
    }

    private static String replayed(String log) {
        Diagnosis diagnosis = Specimens.scan(log);
        assertThat(diagnosis.answered()).isEqualTo(5);
        Group group = diagnosis.groups().getFirst();
        Optional<Replay> replay = Replay.of(group, diagnosis.answeredTimes());
        boolean said = Advice.outcome(group, replay).contains("does not name their model");
        return replay.orElseThrow().requests() + " left out: " + said;
    }

    @Test
    void otherErrorsAreToldInTheOrderOfTheLog() {
        Map<String, Long> errors = new LinkedHashMap<>();
        for (int i = 0; i < 20; i++) {
            errors.put("error " + i, 1L);
        }
        Diagnosis diagnosis = new Diagnosis(List.of(), 0, 0, 0, Map.of(), List.of(), errors, List.of());
        assertThat(diagnosis.otherErrors().keySet()).containsExactlyElementsOf(errors.keySet());
    }

    @Test
    void withoutTimesThereIsNothingToReplayAndItIsSaid() {
        Diagnosis diagnosis = Specimens.scan(refusal("", 60) + refusal("", 61));
        Group group = diagnosis.groups().getFirst();
        assertThat(Replay.of(group, diagnosis.answeredTimes())).isEmpty();
        assertThat(Advice.outcome(group, Replay.of(group, diagnosis.answeredTimes())))
                .contains("the log has none");
    }

    @Test
    void timesAreReadInTheFormsThatLogsHave() {
        for (String time : new String[] {
            "2026-11-24T10:00:01Z",
            "2026-11-24 10:00:01,000",
            "2026-11-24T12:00:01.000+02:00",
            "2026/11/24 10:00:01",
            "[24/Nov/2026:10:00:01 +0000]",
            "24-Nov-2026 10:00:01.000",
            "Nov 24 10:00:01",
            "[Tue Nov 24 10:00:01.000 2026]",
            "11/24/2026 10:00:01",
            "1795514401",
            "1795514401000",
            "1795514401.000",
            "{\"ts\":1795514401.0,\"x\":1}"
        }) {
            assertThat(new TimeStamps(Specimens.TODAY).read(time + " INFO x"))
                    .as(time)
                    .hasValue(Instant.parse("2026-11-24T10:00:01Z").toEpochMilli());
        }
        assertThat(new TimeStamps(Specimens.TODAY).read("2026-13-45 10:00:00 INFO"))
                .isEmpty();
        assertThat(new TimeStamps(Specimens.TODAY).read("no time at all")).isEmpty();
    }

    @Test
    void aHarFileIsReadEntryByEntry() {
        String har = "{\"log\":{\"version\":\"1.2\",\"creator\":{\"name\":\"x\"},\"entries\":["
                + "{\"startedDateTime\":\"2026-11-24T10:00:00Z\",\"request\":{\"method\":\"POST\",\"url\":"
                + "\"https://api.openai.com/v1/chat/completions\",\"headers\":[{\"name\":\"Authorization\",\"value\":\"Bearer sk-1\"}]},"
                + "\"response\":{\"status\":429,\"headers\":[{\"name\":\"Retry-After\",\"value\":\"20\"}],\"content\":{\"text\":"
                + "\"{\\\"error\\\":{\\\"message\\\":\\\"You exceeded your current quota, please check\\\",\\\"type\\\":"
                + "\\\"insufficient_quota\\\",\\\"code\\\":\\\"insufficient_quota\\\"}}\"}}},"
                + "{\"startedDateTime\":\"2026-11-24T10:00:09Z\",\"request\":{\"url\":\"https://api.openai.com/v1/responses\"},"
                + "\"response\":{\"status\":200,\"content\":{\"text\":\"{}\"}}}]}}";
        Diagnosis diagnosis = Specimens.scan(har);
        assertThat(Specimens.kinds(diagnosis)).isEqualTo("insufficient_credit:1");
        assertThat(diagnosis.answered()).isEqualTo(1);
        assertThat(diagnosis.groups().getFirst().first()).contains(Instant.parse("2026-11-24T10:00:00Z"));
        for (int length = 0; length < har.length(); length += 7) {
            assertThat(Specimens.scan(har.substring(0, length).getBytes(StandardCharsets.UTF_8))
                            .refused())
                    .as("cut after %d", length)
                    .isLessThanOrEqualTo(1);
        }
        assertThat(diagnosis.remarks()).isEmpty();
        assertThat(Specimens.scan(har.substring(0, har.length() - 9)).remarks())
                .singleElement()
                .asString()
                .contains("broken or cut off at byte");
    }
}
