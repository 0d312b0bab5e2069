package dev.penstock.langchain4j;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Requests as an OpenAI-style API would be sent them, as far as that decides their cost, so that those of other providers are
 * estimated by the same rules.
 */
final class Sketch {
    private static final JsonFactory JSON = new JsonFactory();

    private Sketch() {}

    /** A conversation. The parameters have the model's defaults in them. */
    static byte[] chat(String model, ChatRequest request, ChatRequestParameters parameters, boolean stream) {
        return object(json -> {
            json.writeStringField("model", model);
            json.writeBooleanField("stream", stream);
            Integer most = parameters.maxOutputTokens();
            if (most != null) {
                json.writeNumberField("max_completion_tokens", most);
            }
            json.writeArrayFieldStart("messages");
            for (ChatMessage message : request.messages()) {
                json.writeStartObject();
                message(json, message);
                json.writeEndObject();
            }
            json.writeEndArray();
            tools(json, parameters.toolSpecifications());
            if (parameters.responseFormat() != null
                    && parameters.responseFormat().jsonSchema() != null) {
                json.writeStringField(
                        "response_format",
                        parameters.responseFormat().jsonSchema().toString());
            }
        });
    }

    static byte[] embeddings(String model, List<String> texts) {
        return object(json -> {
            json.writeStringField("model", model);
            json.writeArrayFieldStart("input");
            for (String text : texts) {
                json.writeString(text);
            }
            json.writeEndArray();
        });
    }

    /** What is known of a form; its files are not counted. */
    static byte[] form(Map<String, String> fields) {
        return object(json -> {
            for (String name : List.of("model", "prompt", "input")) {
                String value = fields.get(name);
                if (value != null) {
                    json.writeStringField(name, value);
                }
            }
            String choices = fields.get("n");
            if (choices != null && choices.matches("[1-9][0-9]{0,2}")) {
                json.writeNumberField("n", Integer.parseInt(choices));
            }
        });
    }

    private static void message(JsonGenerator json, ChatMessage message) throws IOException {
        switch (message) {
            case SystemMessage system -> json.writeStringField("content", system.text());
            case UserMessage user -> contents(json, user.contents());
            case AiMessage ai -> answer(json, ai);
            case ToolExecutionResultMessage result -> contents(json, result.contents());
            // The interface is open: messages of a provider's own.
            default -> json.writeStringField("content", message.toString());
        }
    }

    private static void answer(JsonGenerator json, AiMessage ai) throws IOException {
        if (ai.text() != null) {
            json.writeStringField("content", ai.text());
        }
        if (ai.hasToolExecutionRequests()) {
            json.writeArrayFieldStart("tool_calls");
            for (ToolExecutionRequest call : ai.toolExecutionRequests()) {
                json.writeString(text(call.name()));
                json.writeString(text(call.arguments()));
            }
            json.writeEndArray();
        }
    }

    private static void contents(JsonGenerator json, List<Content> contents) throws IOException {
        json.writeArrayFieldStart("content");
        for (Content content : contents) {
            if (content instanceof TextContent text) {
                json.writeString(text.text());
            } else if (content instanceof ImageContent) {
                json.writeStartObject();
                json.writeStringField("image_url", "");
                json.writeEndObject();
            }
            // Sound, film and documents: what they cost is the provider's secret.
        }
        json.writeEndArray();
    }

    private static void tools(JsonGenerator json, @Nullable List<ToolSpecification> tools) throws IOException {
        if (tools == null || tools.isEmpty()) {
            return;
        }
        json.writeArrayFieldStart("tools");
        for (ToolSpecification tool : tools) {
            json.writeRawValue(tool.toJson());
        }
        json.writeEndArray();
    }

    private static String text(@Nullable String text) {
        return text == null ? "" : text;
    }

    @FunctionalInterface
    private interface Fields {
        void write(JsonGenerator json) throws IOException;
    }

    private static byte[] object(Fields fields) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            fields.write(json);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }
}
