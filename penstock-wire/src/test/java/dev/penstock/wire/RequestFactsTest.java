package dev.penstock.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestFactsTest {
    private static RequestFacts read(Endpoint endpoint, String body) {
        return RequestFacts.read(endpoint, body.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aChatRequestIsReadInFull() {
        assertThat(read(Endpoint.CHAT_COMPLETIONS, """
                        {"model":"gpt-4o-mini","messages":[{"role":"system","content":"Be brief."},
                         {"role":"user","content":"Who is Joseph Conrad?"}],
                         "max_tokens":512,"n":3,"stream":true,"temperature":0,"metadata":{"messages":["not a prompt"]}}
                        """))
                .isEqualTo(new RequestFacts(
                        Endpoint.CHAT_COMPLETIONS,
                        "gpt-4o-mini",
                        new TextSize(30, 0, 0),
                        0,
                        0,
                        2,
                        0,
                        OptionalLong.of(512),
                        3,
                        true));
    }

    @Test
    void partsOfAMessageAreReadAndItsImagesAreNotText() {
        RequestFacts facts = read(Endpoint.CHAT_COMPLETIONS, """
                {"messages":[{"role":"user","content":[
                  {"type":"text","text":"what"},
                  {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"high"}},
                  {"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}},
                  {"type":"text","text":"is it?"}]}]}
                """);
        assertThat(facts.text()).isEqualTo(new TextSize(10, 0, 0));
        assertThat(facts.inputImages()).isEqualTo(1);
        assertThat(facts.messages()).isEqualTo(1);
        assertThat(facts.model()).isEmpty();
    }

    @Test
    void toolsAndFormatsAreInputToo() {
        RequestFacts facts = read(Endpoint.CHAT_COMPLETIONS, """
                {"messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function",
                  "function":{"name":"add","arguments":"{}"}}]}],
                 "tools":[{"type":"function"}]}
                """);
        // "add" and "{}" of the call; "type" and "function" of the definition.
        assertThat(facts.text().characters()).isEqualTo(3 + 2 + 4 + 8);
    }

    @Test
    void aResponsesRequestIsReadInFull() {
        RequestFacts facts = read(Endpoint.RESPONSES, """
                {"model":"gpt-5","instructions":"Be kind.","max_output_tokens":100,"input":[
                  {"role":"user","content":[{"type":"input_text","text":"Hello"},{"type":"input_image","image_url":"https://x/y.png"}]},
                  {"type":"function_call_output","call_id":"call_1","output":"42"}]}
                """);
        assertThat(facts.text().characters()).isEqualTo(8 + 5 + 2);
        assertThat(facts.messages()).isEqualTo(3);
        assertThat(facts.inputImages()).isEqualTo(1);
        assertThat(facts.maxOutputTokens()).hasValue(100);
        assertThat(read(Endpoint.RESPONSES, "{\"input\":\"Hello\"}").messages()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "EMBEDDINGS | {\"input\":\"abc\"}             | 3 | 0 | 1",
                "EMBEDDINGS | {\"input\":[\"abc\",\"de\"]}    | 5 | 0 | 2",
                "EMBEDDINGS | {\"input\":[1,2,3]}             | 0 | 3 | 1",
                "EMBEDDINGS | {\"input\":[[1,2],[3]]}         | 0 | 3 | 2",
                "MODERATIONS | {\"input\":[{\"type\":\"text\",\"text\":\"abc\"}]} | 3 | 0 | 1",
                "COMPLETIONS | {\"prompt\":[\"ab\",\"cd\"]}   | 4 | 0 | 2",
                "COMPLETIONS | {\"prompt\":\"ab\",\"suffix\":\"c\"} | 3 | 0 | 1",
                "COMPLETIONS | {}                             | 0 | 0 | 0"
            })
    void inputsAreCounted(Endpoint endpoint, String body, long characters, long tokenIds, int inputs) {
        RequestFacts facts = read(endpoint, body);
        assertThat(facts.text().characters()).isEqualTo(characters);
        assertThat(facts.tokenIds()).isEqualTo(tokenIds);
        assertThat(facts.inputs()).isEqualTo(inputs);
    }

    @Test
    void theGreatestOfSeveralMaximaCounts() {
        RequestFacts facts = read(
                Endpoint.CHAT_COMPLETIONS,
                "{\"max_tokens\":5,\"max_completion_tokens\":70,\"n\":null,\"stream\":null,\"messages\":[]}");
        assertThat(facts.maxOutputTokens()).hasValue(70);
        assertThat(facts.choices()).isEqualTo(1);
        assertThat(facts.stream()).isFalse();
        assertThat(read(Endpoint.COMPLETIONS, "{\"n\":2,\"best_of\":5}").choices())
                .isEqualTo(5);
    }

    @Test
    void scriptsAreToldApart() {
        assertThat(TextSize.of("ab \u00e9\u0436 \u4e16\u754c \ud83d\ude00")).isEqualTo(new TextSize(5, 2, 4));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[]                                   | 1 | 1  | must be one JSON object",
                "''                                   | 1 | 1  | must be one JSON object",
                "{\"messages\":\"hi\"}                | 1 | 13 | messages must be an array",
                "{\"messages\":[],\\n \"model\":5}    | 2 | 10 | model must be a string",
                "{\"messages\":[],\"max_tokens\":1.5} | 1 | 29 | max_tokens must be a whole number",
                "{\"messages\":[],\"max_tokens\":\"5\"} | 1 | 29 | max_tokens must be a whole number",
                "{\"messages\":[],\"max_tokens\":-1}  | 1 | 29 | max_tokens must be a whole number from 0",
                "{\"messages\":[],\"max_tokens\":99999999999999999999} | 1 | 29 | max_tokens must be",
                "{\"messages\":[],\"n\":0}            | 1 | 20 | n must be a whole number from 1 to 1000",
                "{\"messages\":[],\"stream\":\"yes\"} | 1 | 25 | stream must be true or false",
                "{\"model\":\"m\"}                    | 1 | 13 | must have messages",
                "{\"messages\":[]} {}                 | 1 | 17 | more follows"
            })
    void aWrongBodyIsRefusedByPlace(String body, int line, int column, String expected) {
        MalformedRequestException refused = catchThrowableOfType(
                MalformedRequestException.class, () -> read(Endpoint.CHAT_COMPLETIONS, body.replace("\\n", "\n")));
        assertThat(refused.line()).isEqualTo(line);
        assertThat(refused.column()).isEqualTo(column);
        assertThat(refused.expected()).contains(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"messages\":[{\"role\":\"user\"   | 1",
                "{\"messages\":\\n[secret]}          | 2",
                "{\"messages\":[{\"content\":\"sec   | 1",
                "{messages:[]}                       | 1"
            })
    void brokenJsonIsRefusedWithoutRepeatingIt(String body, int line) {
        assertThatThrownBy(() -> read(Endpoint.CHAT_COMPLETIONS, body.replace("\\n", "\n")))
                .isInstanceOf(MalformedRequestException.class)
                .hasMessageStartingWith("line " + line + ", column ")
                .hasMessageContaining("the body is not JSON")
                .hasMessageNotContaining("sec");
    }

    @Test
    void embeddingsAndModerationsNeedAnInput() {
        assertThatThrownBy(() -> read(Endpoint.EMBEDDINGS, "{}")).hasMessageContaining("must have input");
        assertThatThrownBy(() -> read(Endpoint.MODERATIONS, "{}")).hasMessageContaining("must have input");
    }
}
