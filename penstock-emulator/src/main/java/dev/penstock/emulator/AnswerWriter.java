package dev.penstock.emulator;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** Writes answers. The same request gets the same text; ids differ. One owner, who copies what it writes. */
final class AnswerWriter {
    private static final int[] NO_EVENTS = {};

    /** A long answer comes in this many pieces at most. */
    private static final int MOST_PIECES = 128;

    /** Common words that are one token each with the space before them. */
    private static final byte[][] WORDS = words(
            "the of and to in is that it was for on are as with they at be this from have or by one had not but what"
                    + " all were when we there can an your which their said if do will each about how up out them then"
                    + " she many some so these would other into has more her two like him see time could no make");

    private static final byte[] ZERO_DETAILS =
            bytes(",\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0},\"completion_tokens_details\":"
                    + "{\"reasoning_tokens\":0,\"audio_tokens\":0,\"accepted_prediction_tokens\":0,"
                    + "\"rejected_prediction_tokens\":0}}");
    private static final byte[] FINGERPRINT =
            bytes(",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_penstock\"");
    private static final char[] BASE_62 =
            "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".toCharArray();

    /** A picture of one transparent pixel, PNG in Base64. */
    private static final byte[] PIXEL =
            bytes("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAAC0lEQVR42mNgAAIAAAUAAen63NgAAAAASUVORK5CYII=");

    private static final int SPOKEN_WORDS = 20;
    private static final int SPEECH_BYTES = 16_384;

    private final JsonBytes out = new JsonBytes();
    private int[] ends = new int[64];
    private int events;

    /** What an answer is made of. */
    record Plan(
            Ask ask,
            long textHash,
            String id,
            long createdEpochSecond,
            int tokensPerChoice,
            long choices,
            boolean cutByLimit,
            long promptTokens) {
        long outputTokens() {
            return tokensPerChoice * choices;
        }
    }

    /** A body and, for a stream, where its events end. */
    record Body(byte[] bytes, int[] eventEnds) {}

    Body write(Route route, Plan plan, int embeddingDimensions) {
        out.clear();
        events = 0;
        boolean stream = plan.ask().stream;
        switch (route) {
            case CHAT -> {
                if (stream) {
                    chatStream(plan);
                } else {
                    chat(plan);
                }
            }
            case RESPONSES -> {
                if (stream) {
                    responseStream(plan);
                } else {
                    response(plan, "completed", true);
                }
            }
            case COMPLETIONS -> {
                if (stream) {
                    completionStream(plan);
                } else {
                    completion(plan);
                }
            }
            case EMBEDDINGS -> embeddings(plan, embeddingDimensions);
            case MODERATIONS -> moderations(plan);
            case IMAGES_GENERATIONS, IMAGES_EDITS -> images(plan);
            case AUDIO_TRANSCRIPTIONS -> transcription(plan);
            case AUDIO_SPEECH -> speech(plan);
        }
        return new Body(out.copy(), events == 0 ? NO_EVENTS : Arrays.copyOf(ends, events));
    }

    private void chat(Plan plan) {
        out.raw("{\"id\":\"").raw(plan.id()).raw("\",\"object\":\"chat.completion\",\"created\":");
        out.number(plan.createdEpochSecond())
                .raw(",\"model\":")
                .string(plan.ask().model)
                .raw(",\"choices\":[");
        for (long choice = 0; choice < plan.choices(); choice++) {
            out.raw(choice == 0 ? "{\"index\":" : ",{\"index\":").number(choice);
            out.raw(",\"message\":{\"role\":\"assistant\",\"content\":\"");
            text(plan, choice, 0, plan.tokensPerChoice());
            out.raw("\",\"refusal\":null,\"annotations\":[]},\"logprobs\":null,\"finish_reason\":");
            finishReason(plan).raw('}');
        }
        out.raw("],");
        usage(plan);
        out.raw(FINGERPRINT).raw('}');
    }

    private void chatStream(Plan plan) {
        boolean usage = plan.ask().includeUsage;
        for (long choice = 0; choice < plan.choices(); choice++) {
            chatChunk(plan, choice);
            out.raw("{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}");
            endChatChunk(null, usage);
        }
        int piece = pieceTokens(plan);
        for (int from = 0; from < plan.tokensPerChoice(); from += piece) {
            for (long choice = 0; choice < plan.choices(); choice++) {
                chatChunk(plan, choice);
                out.raw("{\"content\":\"");
                text(plan, choice, from, Math.min(plan.tokensPerChoice(), from + piece));
                out.raw("\"}");
                endChatChunk(null, usage);
            }
        }
        for (long choice = 0; choice < plan.choices(); choice++) {
            chatChunk(plan, choice);
            out.raw("{}");
            endChatChunk(plan, usage);
        }
        if (usage) {
            chunkHead(plan, "chat.completion.chunk");
            out.raw("],");
            usage(plan);
            out.raw("}\n\n");
            eventEnds();
        }
        done();
    }

    private void chunkHead(Plan plan, String object) {
        out.raw("data: {\"id\":\"").raw(plan.id()).raw("\",\"object\":\"").raw(object);
        out.raw("\",\"created\":").number(plan.createdEpochSecond());
        out.raw(",\"model\":").string(plan.ask().model).raw(FINGERPRINT).raw(",\"choices\":[");
    }

    private void chatChunk(Plan plan, long choice) {
        chunkHead(plan, "chat.completion.chunk");
        out.raw("{\"index\":").number(choice).raw(",\"delta\":");
    }

    private void endChatChunk(@Nullable Plan finished, boolean usage) {
        out.raw(",\"logprobs\":null,\"finish_reason\":");
        if (finished == null) {
            out.raw("null");
        } else {
            finishReason(finished);
        }
        out.raw(usage ? "}],\"usage\":null}\n\n" : "}]}\n\n");
        eventEnds();
    }

    private void done() {
        out.raw("data: [DONE]\n\n");
        eventEnds();
    }

    private void completion(Plan plan) {
        out.raw("{\"id\":\"").raw(plan.id()).raw("\",\"object\":\"text_completion\",\"created\":");
        out.number(plan.createdEpochSecond())
                .raw(",\"model\":")
                .string(plan.ask().model)
                .raw(",\"choices\":[");
        for (long choice = 0; choice < plan.choices(); choice++) {
            out.raw(choice == 0 ? "{\"text\":\"" : ",{\"text\":\"");
            text(plan, choice, 0, plan.tokensPerChoice());
            out.raw("\",\"index\":").number(choice).raw(",\"logprobs\":null,\"finish_reason\":");
            finishReason(plan).raw('}');
        }
        out.raw("],");
        usage(plan);
        out.raw('}');
    }

    private void completionStream(Plan plan) {
        boolean usage = plan.ask().includeUsage;
        int piece = pieceTokens(plan);
        for (int from = 0; from < plan.tokensPerChoice(); from += piece) {
            int to = Math.min(plan.tokensPerChoice(), from + piece);
            for (long choice = 0; choice < plan.choices(); choice++) {
                chunkHead(plan, "text_completion");
                out.raw("{\"text\":\"");
                text(plan, choice, from, to);
                out.raw("\",\"index\":").number(choice).raw(",\"logprobs\":null,\"finish_reason\":");
                if (to == plan.tokensPerChoice()) {
                    finishReason(plan);
                } else {
                    out.raw("null");
                }
                out.raw(usage ? "}],\"usage\":null}\n\n" : "}]}\n\n");
                eventEnds();
            }
        }
        if (usage) {
            chunkHead(plan, "text_completion");
            out.raw("],");
            usage(plan);
            out.raw("}\n\n");
            eventEnds();
        }
        done();
    }

    private void response(Plan plan, String status, boolean withOutput) {
        Ask ask = plan.ask();
        boolean incomplete = withOutput && plan.cutByLimit();
        out.raw("{\"id\":\"").raw(plan.id()).raw("\",\"object\":\"response\",\"created_at\":");
        out.number(plan.createdEpochSecond()).raw(",\"status\":\"").raw(incomplete ? "incomplete" : status);
        out.raw("\",\"background\":false,\"error\":null,\"incomplete_details\":");
        out.raw(incomplete ? "{\"reason\":\"max_output_tokens\"}" : "null");
        out.raw(",\"instructions\":null,\"max_output_tokens\":");
        if (ask.mostOutputTokens < 0) {
            out.raw("null");
        } else {
            out.number(ask.mostOutputTokens);
        }
        out.raw(",\"model\":").string(ask.model).raw(",\"output\":[");
        if (withOutput) {
            responseItem(plan, true);
        }
        out.raw(
                "],\"parallel_tool_calls\":true,\"previous_response_id\":null,\"service_tier\":\"default\",\"store\":true,"
                        + "\"temperature\":1.0,\"tool_choice\":\"auto\",\"tools\":[],\"top_p\":1.0,\"truncation\":\"disabled\","
                        + "\"usage\":");
        if (withOutput) {
            out.raw("{\"input_tokens\":").number(plan.promptTokens());
            out.raw(",\"input_tokens_details\":{\"cached_tokens\":0},\"output_tokens\":")
                    .number(plan.outputTokens());
            out.raw(",\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":");
            out.number(plan.promptTokens() + plan.outputTokens()).raw('}');
        } else {
            out.raw("null");
        }
        out.raw(",\"metadata\":{}}");
    }

    private void responseItem(Plan plan, boolean complete) {
        out.raw("{\"id\":\"msg_").raw(plan.id());
        out.raw("\",\"type\":\"message\",\"status\":\"");
        out.raw(!complete ? "in_progress" : plan.cutByLimit() ? "incomplete" : "completed");
        out.raw("\",\"role\":\"assistant\",\"content\":[");
        if (complete) {
            responsePart(plan, true);
        }
        out.raw("]}");
    }

    private void responsePart(Plan plan, boolean complete) {
        out.raw("{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":[],\"text\":\"");
        if (complete) {
            text(plan, 0, 0, plan.tokensPerChoice());
        }
        out.raw("\"}");
    }

    private void responseStream(Plan plan) {
        int sequence = 0;
        for (String name : new String[] {"response.created", "response.in_progress"}) {
            eventHead(name, sequence++).raw(",\"response\":");
            response(plan, "in_progress", false);
            endEvent();
        }
        eventHead("response.output_item.added", sequence++).raw(",\"output_index\":0,\"item\":");
        responseItem(plan, false);
        endEvent();
        partHead(plan, "response.content_part.added", sequence++).raw(",\"part\":");
        responsePart(plan, false);
        endEvent();
        int piece = pieceTokens(plan);
        for (int from = 0; from < plan.tokensPerChoice(); from += piece) {
            partHead(plan, "response.output_text.delta", sequence++).raw(",\"logprobs\":[],\"delta\":\"");
            text(plan, 0, from, Math.min(plan.tokensPerChoice(), from + piece));
            out.raw('"');
            endEvent();
        }
        partHead(plan, "response.output_text.done", sequence++).raw(",\"logprobs\":[],\"text\":\"");
        text(plan, 0, 0, plan.tokensPerChoice());
        out.raw('"');
        endEvent();
        partHead(plan, "response.content_part.done", sequence++).raw(",\"part\":");
        responsePart(plan, true);
        endEvent();
        eventHead("response.output_item.done", sequence++).raw(",\"output_index\":0,\"item\":");
        responseItem(plan, true);
        endEvent();
        eventHead(plan.cutByLimit() ? "response.incomplete" : "response.completed", sequence)
                .raw(",\"response\":");
        response(plan, "completed", true);
        endEvent();
    }

    private JsonBytes eventHead(String name, int sequence) {
        out.raw("event: ").raw(name).raw("\ndata: {\"type\":\"").raw(name);
        return out.raw("\",\"sequence_number\":").number(sequence);
    }

    private JsonBytes partHead(Plan plan, String name, int sequence) {
        eventHead(name, sequence).raw(",\"item_id\":\"msg_").raw(plan.id());
        return out.raw("\",\"output_index\":0,\"content_index\":0");
    }

    private void endEvent() {
        out.raw("}\n\n");
        eventEnds();
    }

    private void eventEnds() {
        if (events == ends.length) {
            ends = Arrays.copyOf(ends, events * 2);
        }
        ends[events++] = out.length();
    }

    private void embeddings(Plan plan, int defaultDimensions) {
        Ask ask = plan.ask();
        int dimensions = ask.dimensions > 0 ? ask.dimensions : defaultDimensions;
        double[] vector = new double[dimensions];
        out.raw("{\"object\":\"list\",\"data\":[");
        for (int input = 0; input < ask.inputs; input++) {
            unitVector(ask.inputHashes[input], vector);
            out.raw(input == 0 ? "{" : ",{")
                    .raw("\"object\":\"embedding\",\"index\":")
                    .number(input);
            out.raw(",\"embedding\":");
            if (ask.base64) {
                ByteBuffer floats =
                        ByteBuffer.allocate(dimensions * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
                for (double value : vector) {
                    floats.putFloat((float) value);
                }
                out.raw('"').raw(Base64.getEncoder().encode(floats.array())).raw("\"}");
            } else {
                for (int i = 0; i < dimensions; i++) {
                    out.raw(i == 0 ? '[' : ',').fraction(vector[i]);
                }
                out.raw("]}");
            }
        }
        out.raw("],\"model\":")
                .string(ask.model)
                .raw(",\"usage\":{\"prompt_tokens\":")
                .number(plan.promptTokens());
        out.raw(",\"total_tokens\":").number(plan.promptTokens()).raw("}}");
    }

    private static void unitVector(long hash, double[] vector) {
        double square = 0;
        for (int i = 0; i < vector.length; i++) {
            vector[i] = Mix.mix(hash + i) * 0x1.0p-63;
            square += vector[i] * vector[i];
        }
        double length = Math.sqrt(square);
        for (int i = 0; i < vector.length; i++) {
            vector[i] /= length;
        }
    }

    private void moderations(Plan plan) {
        out.raw("{\"id\":\"")
                .raw(plan.id())
                .raw("\",\"model\":")
                .string(plan.ask().model)
                .raw(",\"results\":[");
        for (int input = 0; input < Math.max(1, plan.ask().inputs); input++) {
            out.raw(input == 0 ? "" : ",");
            out.raw("{\"flagged\":false,\"categories\":{\"hate\":false,\"harassment\":false,\"self-harm\":false,"
                    + "\"sexual\":false,\"violence\":false,\"illicit\":false},\"category_scores\":{\"hate\":0.0001,"
                    + "\"harassment\":0.0001,\"self-harm\":0.0001,\"sexual\":0.0001,\"violence\":0.0001,"
                    + "\"illicit\":0.0001}}");
        }
        out.raw("]}");
    }

    private void images(Plan plan) {
        out.raw("{\"created\":").number(plan.createdEpochSecond()).raw(",\"data\":[");
        for (long image = 0; image < plan.choices(); image++) {
            out.raw(image == 0 ? "" : ",").raw("{\"b64_json\":\"").raw(PIXEL).raw("\"}");
        }
        out.raw("]}");
    }

    private void transcription(Plan plan) {
        out.raw("{\"text\":\"");
        text(plan, 0, 0, SPOKEN_WORDS);
        out.raw("\"}");
    }

    /** No sound, but bytes of every value, as a relay has to pass them on. */
    private void speech(Plan plan) {
        byte[] sound = new byte[SPEECH_BYTES];
        for (int i = 0; i < sound.length; i++) {
            sound[i] = (byte) (Mix.mix(plan.textHash() + i) >>> 56);
        }
        out.raw(sound);
    }

    private JsonBytes finishReason(Plan plan) {
        return out.raw(plan.cutByLimit() ? "\"length\"" : "\"stop\"");
    }

    private void usage(Plan plan) {
        out.raw("\"usage\":{\"prompt_tokens\":").number(plan.promptTokens());
        out.raw(",\"completion_tokens\":").number(plan.outputTokens());
        out.raw(",\"total_tokens\":")
                .number(plan.promptTokens() + plan.outputTokens())
                .raw(ZERO_DETAILS);
    }

    /** Words {@code from} to {@code to} of a choice: one word is one token. */
    private void text(Plan plan, long choice, int from, int to) {
        long state = Mix.mix(plan.textHash() + choice);
        for (int i = from; i < to; i++) {
            byte[] word = WORDS[(int) (Mix.mix(state + i) >>> 58)];
            if (i == 0) {
                out.raw((char) (word[1] & 0x5f));
                for (int at = 2; at < word.length; at++) {
                    out.raw((char) word[at]);
                }
            } else {
                out.raw(word);
            }
        }
    }

    private static int pieceTokens(Plan plan) {
        return Math.ceilDiv(plan.tokensPerChoice(), MOST_PIECES);
    }

    /** 22 letters that differ for different numbers, because the first 11 hold a bijection of all 64 bits. */
    static String id(String prefix, long seed, long number) {
        char[] id = new char[prefix.length() + 22];
        prefix.getChars(0, prefix.length(), id, 0);
        base62(Mix.mix(seed ^ number), id, prefix.length());
        base62(Mix.mix(seed + 31 * number + 1), id, prefix.length() + 11);
        return new String(id);
    }

    /** {@code req_} and 32 hexadecimal digits, as observed. */
    static String requestId(long seed, long number) {
        HexFormat hex = HexFormat.of();
        return "req_" + hex.toHexDigits(Mix.mix(seed ^ number)) + hex.toHexDigits(Mix.mix(seed + 31 * number + 1));
    }

    private static void base62(long value, char[] into, int offset) {
        long rest = value;
        for (int i = 0; i < 11; i++) {
            into[offset + i] = BASE_62[(int) Long.remainderUnsigned(rest, 62)];
            rest = Long.divideUnsigned(rest, 62);
        }
    }

    private static byte[][] words(String list) {
        String[] words = list.split(" ", -1);
        byte[][] bytes = new byte[64][];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = bytes(" " + words[i]);
        }
        return bytes;
    }

    private static byte[] bytes(String ascii) {
        return ascii.getBytes(StandardCharsets.US_ASCII);
    }
}
