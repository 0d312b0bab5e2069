package dev.penstock.wire;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What a request's body says about its cost.
 *
 * @param endpoint which call it is
 * @param model the model it names; empty if it names none
 * @param text all text that becomes input: messages, instructions, prompts, inputs, definitions of tools and formats
 * @param tokenIds input that is given as tokens instead of text
 * @param inputImages images that are part of the prompt
 * @param messages messages of a conversation, instructions included; 0 where there is no conversation
 * @param inputs prompts of a completion, inputs of an embedding or moderation, or the like; 0 elsewhere
 * @param maxOutputTokens the greatest of the output limits that the body sets, per answer
 * @param choices answers or pictures made per prompt: the greater of {@code n} and {@code best_of}; 1 or more
 * @param stream whether the answer is asked for as a stream
 */
public record RequestFacts(
        Endpoint endpoint,
        String model,
        TextSize text,
        long tokenIds,
        int inputImages,
        int messages,
        int inputs,
        OptionalLong maxOutputTokens,
        int choices,
        boolean stream) {

    /**
     * Reads a body in one pass, without keeping any of its text. Stateless and thread-safe.
     *
     * @param body one JSON object in UTF-8
     * @throws MalformedRequestException if it is not, or if a field that decides the cost has the wrong form
     */
    public static RequestFacts read(Endpoint endpoint, byte[] body) {
        TextSize.Counter counter = new TextSize.Counter();
        return new RequestReader(endpoint, counter).read(body, counter);
    }

    /**
     * As {@link #read(Endpoint, byte[])}, and of a form its fields {@code model}, {@code n} and {@code stream}; its files
     * and its text are not counted. Stateless and thread-safe.
     *
     * @param contentType the request's content type, which names a form's boundary; null if it has none
     * @param body one JSON object in UTF-8, or one form
     * @throws MalformedRequestException if it is not, or if a field that decides the cost has the wrong form
     */
    public static RequestFacts read(Endpoint endpoint, @Nullable String contentType, byte[] body) {
        return contentType != null && MultipartReader.isForm(contentType)
                ? MultipartReader.read(endpoint, contentType, body)
                : read(endpoint, body);
    }

    /** Pictures that are asked for. */
    public int images() {
        return endpoint.makesImages() ? choices : 0;
    }
}
