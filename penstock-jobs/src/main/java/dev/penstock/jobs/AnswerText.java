package dev.penstock.jobs;

import dev.penstock.wire.AnswerBody;
import dev.penstock.wire.Endpoint;
import org.jspecify.annotations.Nullable;

/** What a table shows of an answer. */
final class AnswerText {
    private AnswerText() {}

    /** The text of a chat completion; null when the model called a tool, refused, or the body is no answer. */
    static @Nullable String of(byte[] body) {
        return AnswerBody.read(Endpoint.CHAT_COMPLETIONS, body)
                .flatMap(AnswerBody::text)
                .orElse(null);
    }
}
