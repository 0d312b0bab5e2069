package dev.penstock.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SpecimenTest {
    static List<Specimens.Specimen> specimens() {
        return Specimens.all();
    }

    @ParameterizedTest
    @MethodSource("specimens")
    void eachSpecimenIsToldForWhatItIs(Specimens.Specimen specimen) {
        assertThat(Specimens.kinds(Specimens.scan(specimen.text())))
                .as(specimen.text())
                .isEqualTo(specimen.expected());
    }

    @Test
    void thereAreEnoughOfThem() {
        assertThat(specimens()).hasSizeGreaterThanOrEqualTo(120);
    }

    @Test
    void noKeyAndNoPromptIsQuoted() {
        long quoted = 0;
        for (Specimens.Specimen specimen : specimens()) {
            // Prompts stand beside sentences, within them, and at the end of lines.
            String text = specimen.text()
                    .replace(". ", ". PROMPT-7731 ")
                    .replace(" in ", " in PROMPT-7731 ")
                    .replace("\n", " | PROMPT-7731 Bearer abc sk-12\n");
            for (String log : List.of(specimen.text(), text)) {
                for (Group group : Specimens.scan(log).groups()) {
                    assertThat(group.evidence())
                            .as(specimen.name())
                            .doesNotContain("sk-", "PROMPT-7731", "org-Ab12Cd", "proj_Xy99", "Bearer ")
                            .isNotBlank();
                    quoted += group.evidence().contains("\"") ? 1 : 0;
                }
            }
        }
        assertThat(quoted).isGreaterThan(150);
    }

    @Test
    void wordsBesideARefusalAreNotQuoted() {
        String refusal =
                "Rate limit reached for gpt-4o in organization org-Ab12Cd on tokens per min (TPM): Limit 30000, Used"
                        + " 29000, Requested 3000. Please try again in 2s.";
        for (String text : List.of(
                "ERROR " + refusal + " | prompt=My SSN is 078-05-1120 | password=hunter2",
                "ERROR " + refusal + " My name is Bob and my SSN is 078-05-1120",
                "ERROR Bob asked, password=hunter2: " + refusal,
                "{\"error\":{\"message\":\"" + refusal
                        + " My name is Bob, hunter2\",\"code\":\"hunter2\",\"type\":\"tokens\"}}",
                "openai.RateLimitError: Error code: 429 - You exceeded your current quota, my name is Bob, hunter2",
                "openai error: Requests to the hunter2 SSN 078 Bob Operation under Azure OpenAI API have exceeded token rate"
                        + " limit of Bob. Please retry after 33 seconds.",
                "openai 429: Number of Bob hunter2 has exceeded your rate limit",
                "POST https://api.openai.com/v1/chat/completions status=429 retry-after: hunter2")) {
            List<Group> groups = Specimens.scan(text + "\n").groups();
            assertThat(groups).as(text).hasSize(1);
            assertThat(groups.getFirst().evidence())
                    .as(text)
                    .doesNotContain("Bob", "SSN", "078", "hunter2", "org-Ab12Cd")
                    .isNotBlank();
        }
    }

    @Test
    void whatLooksLikeAKeyIsNoModel() {
        for (String name : List.of("sk-abc123def", "pst-abc123def", "org-Ab12Cd")) {
            String text = "openai ERROR Rate limit reached for " + name
                    + " on requests per min (RPM): Limit 3, Used 3, Requested 1.";
            assertThat(Specimens.scan(text).groups())
                    .singleElement()
                    .satisfies(group -> assertThat(group.model()).isEmpty());
        }
    }

    @Test
    void figuresAndFixedWordsAreQuoted() {
        String text =
                "ERROR Rate limit reached for gpt-4o in organization org-Ab12Cd on tokens per min (TPM): Limit 30000, Used"
                        + " 29000, Requested 3000. Please try again in 2s. Visit Bob.";
        assertThat(Specimens.scan(text).groups().getFirst().evidence())
                .isEqualTo(
                        "\"Rate limit reached for … tokens per min (TPM): Limit 30000, Used 29000, Requested 3000 … try again"
                                + " in 2s\"");
    }

    @Test
    void whatAPromptSaysOfLimitsIsNoRefusal() {
        String call = "DEBUG POST https://api.openai.com/v1/chat/completions ";
        for (String body : List.of(
                "{\"messages\":[{\"content\":\"Explain: You exceeded your current quota, my name is Bob\"}]}",
                "{\"model\":\"gpt-4o\",\"input\":\"Explain: You exceeded your current quota, please\"}",
                "'{\\\"messages\\\":[{\\\"content\\\":\\\"He said: \\\\\\\"You exceeded your current quota\\\\\\\"\\\"}]}'",
                "prompt=What is: You exceeded your current quota",
                "messages=[{'role': 'user', 'content': \"it's: Rate limit reached for gpt-4o on tokens per min\"}]",
                "{\"messages\":[{\"content\":\"cut off: You exceeded your current quota, my na",
                "{\"input\":[\"{\\\"error\\\":{\\\"code\\\":\\\"insufficient_quota\\\",\\\"message\\\":\\\"x\\\"}}\"]}")) {
            assertThat(Specimens.scan(call + body + "\n").groups()).as(body).isEmpty();
        }
    }

    @Test
    void numbersInARequestAreNoStatus() {
        String call = "2026-11-24T10:00:00Z DEBUG POST https://api.openai.com/v1/chat/completions ";
        for (String rest : List.of(
                "{\"messages\":[{\"role\":\"user\",\"content\":\"500 words about cats\"}]}",
                "{\"input\":\"x\",\"dimensions\":\"512\"}",
                "{\"user\":\"503\",\"seed\":\"500\"}",
                "status=200 prompt=\"500 words about cats\"",
                "{\"messages\":[{\"role\":\"user\",\"content\":\"why do I get HTTP 429 here?\"}]}",
                "{\"messages\":[{\"role\":\"user\",\"content\":\"what is 429 Too Many Requests?\"}]}",
                "{\"messages\":[{\"role\":\"user\",\"content\":\"HTTP/1.1 500\"}]}",
                "{\"metadata\":{\"note\":\"why HTTP 429?\"},\"query\":\"Error: 500\"}")) {
            assertThat(Specimens.scan(call + rest + "\n").groups()).as(rest).isEmpty();
        }
        assertThat(Specimens.kinds(Specimens.scan(call + "{\"status\":503}\n"))).isEqualTo("overloaded:1");
        assertThat(Specimens.kinds(Specimens.scan(call + "\"429 Too Many Requests\" prompt='500 words'\n")))
                .isEqualTo("other:1");
        assertThat(Specimens.kinds(
                        Specimens.scan("{\"url\":\"https://api.openai.com/v1/chat/completions\",\"status\":503}\n")))
                .isEqualTo("overloaded:1");
    }

    @Test
    void aRefusalAfterARequestOnItsLineIsRead() {
        assertThat(
                        Specimens.kinds(
                                Specimens.scan(
                                        "{\"request\":{\"messages\":[{\"content\":\"hi ] there\"}]},\"error\":\"You exceeded your current quota\"}\n")))
                .isEqualTo("insufficient_credit:1");
    }

    @Test
    void theQueueOfBatchesIsAdvisedWithItsLimit() {
        String refusal =
                "Enqueued token limit reached for gpt-4o-mini in organization org-X. Limit: 2,000,000 enqueued tokens."
                        + " Please try again once some in_progress batches have been completed.";
        for (String text : List.of(
                refusal,
                "BatchError(code='token_limit_exceeded', line=None, message='" + refusal + "', param=None)",
                "{\"code\":\"token_limit_exceeded\",\"message\":\"" + refusal + "\"}")) {
            Group group = Specimens.scan(text + "\n").groups().getFirst();
            assertThat(group.kind()).as(text).isEqualTo(Kind.OTHER);
            assertThat(Advice.on(group).fix())
                    .as(text)
                    .contains("./penstock run INPUT -o OUTPUT --via batch --queue-limit 2000000");
        }
    }

    @Test
    void aBadKeyIsNamedAndIsNoRefusal() {
        String message = "Incorrect API key provided: sk-abc. You can find your API key at"
                + " https://platform.openai.com/account/api-keys.";
        for (String text : List.of(
                "{\"error\":{\"message\":\"" + message
                        + "\",\"type\":\"invalid_request_error\",\"param\":null,\"code\":\"invalid_api_key\"}}",
                "openai.AuthenticationError: Error code: 401 - {'error': {'message': '" + message
                        + "', 'type': 'invalid_request_error', 'param': None, 'code': 'invalid_api_key'}}",
                "INFO httpx HTTP Request: POST https://api.openai.com/v1/chat/completions \"HTTP/1.1 401 Unauthorized\"",
                "{\"type\":\"error\",\"error\":{\"type\":\"authentication_error\",\"message\":\"invalid x-api-key\"}}")) {
            Diagnosis diagnosis = Specimens.scan(text + "\n");
            assertThat(diagnosis.groups()).as(text).isEmpty();
            assertThat(diagnosis.otherErrors().keySet())
                    .as(text)
                    .singleElement()
                    .asString()
                    .contains("key")
                    .doesNotContain("sk-abc");
        }
    }

    @Test
    void anAnthropicLimitIsReplayed() {
        StringBuilder log = new StringBuilder();
        for (int i = 0; i < 5; i++) {
            log.append("2026-11-24T10:00:0")
                    .append(i)
                    .append(
                            "Z {\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"This request would exceed"
                                    + " your organization's rate limit of 50 requests per minute (org: x).\"}}\n");
        }
        Group group = Specimens.scan(log.toString()).groups().getFirst();
        assertThat(group.limit()).hasValue(50);
        assertThat(Replay.of(group, java.util.Map.of()).orElseThrow().requests())
                .isEqualTo(5);
    }

    @Test
    void aStatusLineOfAnotherServiceIsNoRefusal() {
        for (String text : List.of(
                "10.0.0.1 - - [24/Nov/2026:10:00:00 +0000] \"GET /shop HTTP/1.1\" 429 512",
                "INFO HTTP Request: GET https://api.example.com/v2/items \"HTTP/1.1 429 Too Many Requests\"",
                "curl https://shop.example.com -> HTTP/1.1 429 Too Many Requests",
                "took HTTP/1.1 429.5 ms")) {
            assertThat(Specimens.scan(text + "\n").groups()).as(text).isEmpty();
        }
    }

    @Test
    void whatIsPackedOrNoTextIsReadOrSaid() throws IOException {
        String log = "ERROR Rate limit reached for gpt-4o on requests per min (RPM): Limit 3, Used 3, Requested 1.\n";
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(log.repeat(100).getBytes(StandardCharsets.UTF_8));
        }
        assertThat(Specimens.kinds(Specimens.scan(packed.toByteArray()))).isEqualTo("requests_per_minute:100");

        byte[] cut = java.util.Arrays.copyOf(packed.toByteArray(), packed.size() - 12);
        assertThat(Specimens.scan(cut).remarks()).singleElement().asString().contains("damaged or cut off");
        assertThat(Specimens.scan(new byte[0]).remarks())
                .containsExactly("the input is empty, so nothing can be said of it");
        assertThat(Specimens.scan(new byte[] {'P', 'K', 3, 4, 20, 0, 0, 0}).remarks())
                .singleElement()
                .asString()
                .contains("packed with zip", "unzip -p");
        byte[] binary = new byte[4_000];
        for (int i = 0; i < binary.length; i++) {
            binary[i] = (byte) (i * 7_919 >> 3);
        }
        assertThat(Specimens.scan(binary).remarks()).singleElement().asString().contains("no text");
        assertThat(Specimens.scan(log).remarks()).isEmpty();
        assertThat(Specimens.scan("\u001b[31mERROR\u001b[0m a\tb\r\n").remarks())
                .isEmpty();
    }

    @Test
    void anInputIsNotReadAgainAfterItsEnd() throws IOException {
        for (String typed : List.of("", "x", "hello\n")) {
            InputStream terminal = new InputStream() {
                private int at;

                @Override
                public int read() {
                    if (at > typed.length()) {
                        throw new AssertionError("read again after its end");
                    }
                    return at < typed.length() ? typed.charAt(at++) : end();
                }

                @Override
                public int read(byte[] bytes, int from, int length) {
                    int b = length == 0 ? 0 : read();
                    if (b < 0) {
                        return -1;
                    }
                    bytes[from] = (byte) b;
                    return Math.min(1, length);
                }

                private int end() {
                    at++;
                    return -1;
                }
            };
            assertThat(new LogScanner(Specimens.TODAY).scan(terminal).groups()).isEmpty();
        }
    }

    @Test
    void nothingThatATerminalWouldObeyIsQuoted() {
        assertThat(Redaction.of("a\u001b]0;title\u0007b\u009b2Jc\u202ed sk-\u0000secret99"))
                .isEqualTo("a]0;titleb2Jcd [key]");
    }

    @Test
    void aLineThatEndsInABraceSwallowsNoOtherLine() {
        String refusal =
                "2026-11-24T10:00:00Z ERROR Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000, Used"
                        + " %d, Requested 3000. Please try again in 2s.\n";
        StringBuilder log = new StringBuilder("2026-11-24T09:59:59Z INFO loading config {\n");
        for (int i = 0; i < 5; i++) {
            log.append(refusal.formatted(29_000 + i));
        }
        assertThat(Specimens.kinds(Specimens.scan(log.toString()))).isEqualTo("tokens_per_minute:5");
    }

    @Test
    void printedJsonIsReadTogetherIndentedOrNot() {
        String json =
                "2026-11-24T10:00:00Z ERROR openai answered {\n  \"error\": {\n    \"message\": \"Rate limit reached for"
                        + " gpt-4o on tokens per min (TPM): Limit 30000, Used 29000, Requested 3000.\",\n\n    \"code\":"
                        + " \"rate_limit_exceeded\"\n  }\n}\n";
        for (String text : List.of(json, json.replaceAll("\n +", "\n"))) {
            Diagnosis diagnosis = Specimens.scan(text);
            assertThat(Specimens.kinds(diagnosis)).as(text).isEqualTo("tokens_per_minute:1");
            assertThat(diagnosis.groups().getFirst().evidence()).as(text).contains("code rate_limit_exceeded");
        }
    }

    @Test
    @Timeout(value = 120, unit = TimeUnit.SECONDS)
    void aSpecimenCutAnywhereBreaksNothingAndIsNeverMoreThanItWas() {
        for (Specimens.Specimen specimen : specimens()) {
            byte[] whole = specimen.text().getBytes(StandardCharsets.UTF_8);
            if (whole.length > 1_500) {
                continue;
            }
            long most = Math.max(1, Specimens.scan(whole).refused());
            for (int length = 0; length < whole.length; length++) {
                byte[] part = java.util.Arrays.copyOf(whole, length);
                assertThat(Specimens.scan(part).refused())
                        .as("%s cut after %d bytes", specimen.name(), length)
                        .isLessThanOrEqualTo(most);
            }
        }
    }

    @Test
    void allOfThemInOneFileAreCountedAsOneByOne() {
        StringBuilder file = new StringBuilder();
        long expected = 0;
        for (Specimens.Specimen specimen : specimens()) {
            // Far enough apart that none is taken for the rest of another one.
            file.append(specimen.text()).append("\n\n").append("INFO nothing\n".repeat(130));
            expected += Specimens.scan(specimen.text()).refused();
        }
        assertThat(Specimens.scan(file.toString()).refused()).isEqualTo(expected);
    }
}
