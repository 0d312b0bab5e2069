package dev.penstock.jobs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Turns the values of a row into the body of a chat completion. All that is the same for every row is encoded once.
 * Immutable; safe for use by several threads.
 */
final class ChatRequestTemplate {
    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    /** Members that have an option of their own, or that a job cannot serve. */
    private static final Map<String, String> NOT_PARAMETERS = Map.of(
            "model", "use --model",
            "messages", "use --prompt and --system",
            "stream", "a job stores whole answers; leave it out",
            "stream_options", "a job stores whole answers; leave it out");

    /** What a body is made of, in order. */
    private sealed interface Part {
        record Constant(byte[] json) implements Part {}

        record Value(int column) implements Part {}
    }

    private final List<Part> parts;
    private final List<String> columns;

    private ChatRequestTemplate(List<Part> parts, List<String> columns) {
        this.parts = List.copyOf(parts);
        this.columns = List.copyOf(columns);
    }

    /** Reads the options of a table. */
    static ChatRequestTemplate of(InputOptions options) {
        String prompt = options.prompt()
                .orElseThrow(() ->
                        new InputException("rows of a table need a prompt; give --prompt 'text with" + " {{column}}'"));
        String model = options.model()
                .orElseThrow(() -> new InputException(
                        "rows of a table do not name a model; give --model, for example" + " --model gpt-4o-mini"));
        checkParameters(options);

        Set<String> columns = new LinkedHashSet<>();
        Builder body = new Builder(columns);
        body.text.append("{\"model\":").appendJsonString(model).append(",\"messages\":[");
        if (options.system().isPresent()) {
            body.text.append("{\"role\":\"system\",\"content\":\"");
            body.append(PromptTemplate.parse("--system", options.system().get()));
            body.text.append("\"},");
        }
        body.text.append("{\"role\":\"user\",\"content\":\"");
        body.append(PromptTemplate.parse("--prompt", prompt));
        body.text.append("\"}]");
        options.maxOutput()
                .ifPresent(tokens ->
                        body.text.append(",\"max_completion_tokens\":").append(tokens));
        options.parameters()
                .forEach((name, value) -> body.text
                        .append((byte) ',')
                        .appendJsonString(name)
                        .append((byte) ':')
                        .append(parameterJson(value)));
        body.text.append((byte) '}');
        body.endConstant();
        return new ChatRequestTemplate(body.parts, List.copyOf(columns));
    }

    private static void checkParameters(InputOptions options) {
        for (String name : options.parameters().keySet()) {
            String instead = NOT_PARAMETERS.get(name);
            if (instead != null) {
                throw new InputException("--param " + name + " is not possible: " + instead);
            }
            boolean isLimit = name.equals("max_completion_tokens") || name.equals("max_tokens");
            if (isLimit && options.maxOutput().isPresent()) {
                throw new InputException("--param " + name + " and --max-output both limit the answer; keep one");
            }
        }
    }

    private static byte[] parameterJson(String value) {
        try {
            if (!JSON.readTree(value).isMissingNode()) {
                // As it was typed: 0.10 stays 0.10.
                byte[] typed = value.strip().getBytes(StandardCharsets.UTF_8);
                return new ByteText(typed.length)
                        .appendOnOneLine(typed, 0, typed.length)
                        .toBytes();
            }
        } catch (JsonProcessingException notJson) {
            // Then it is meant as a string: --param reasoning_effort=low needs no quotes.
        }
        return new ByteText(value.length() + 16).appendJsonString(value).toBytes();
    }

    /** The columns whose values a body needs, in the order {@link #body} takes them. */
    List<String> columns() {
        return columns;
    }

    /** The body for a row. */
    byte[] body(String[] values) {
        ByteText body = new ByteText(512);
        for (Part part : parts) {
            switch (part) {
                case Part.Constant(byte[] json) -> body.append(json);
                case Part.Value(int column) -> body.appendJsonCharacters(values[column]);
            }
        }
        return body.toBytes();
    }

    private static final class Builder {
        final ByteText text = new ByteText(1024);
        final List<Part> parts = new ArrayList<>();
        final Set<String> columns;

        Builder(Set<String> columns) {
            this.columns = columns;
        }

        void append(PromptTemplate template) {
            for (PromptTemplate.Part part : template.parts()) {
                switch (part) {
                    case PromptTemplate.Part.Literal(String literal) -> text.appendJsonCharacters(literal);
                    case PromptTemplate.Part.Column(String name) -> {
                        endConstant();
                        columns.add(name);
                        parts.add(new Part.Value(List.copyOf(columns).indexOf(name)));
                    }
                }
            }
        }

        void endConstant() {
            if (text.size() > 0) {
                parts.add(new Part.Constant(text.toBytes()));
                text.clear();
            }
        }
    }
}
