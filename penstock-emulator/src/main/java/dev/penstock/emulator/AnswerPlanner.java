package dev.penstock.emulator;

import java.util.SplittableRandom;

/** Decides what an answer will be: the same seed and the same request give the same text. Immutable. */
final class AnswerPlanner {
    private final TwinSettings settings;
    private final long seed;

    AnswerPlanner(TwinSettings settings, long seed) {
        this.settings = settings;
        this.seed = seed;
    }

    /** The hash that decides a request's answer. */
    static long hash(Route route, byte[] body) {
        return Mix.hash(route.ordinal(), body);
    }

    /** @param idNumber different numbers give different ids */
    AnswerWriter.Plan plan(Route route, Ask ask, long hash, long idNumber, long createdEpochSecond) {
        SplittableRandom content = new SplittableRandom(Mix.mix(seed ^ hash));
        int tokens = 0;
        boolean cut = false;
        if (route.hasOutput()) {
            tokens = settings.outputLength().tokens(most(ask, route), content);
            cut = tokens == most(ask, route);
        } else {
            ask.stream = false;
        }
        return new AnswerWriter.Plan(
                ask,
                Mix.mix(hash ^ seed),
                AnswerWriter.id(idPrefix(route), seed, idNumber),
                createdEpochSecond,
                tokens,
                choices(route, ask),
                cut,
                promptTokens(route, ask));
    }

    /** The legacy endpoint answers every prompt of a list. */
    static long choices(Route route, Ask ask) {
        return route == Route.COMPLETIONS ? ask.n * Math.max(1, ask.inputs) : ask.n;
    }

    private static long most(Ask ask, Route route) {
        if (ask.mostOutputTokens >= 0) {
            return Math.max(1, ask.mostOutputTokens);
        }
        return route == Route.COMPLETIONS ? route.outputTokensIfUnset() : -1;
    }

    /** English text has about 4.3 characters a token; a chat adds 3 tokens and 4 per message. */
    static long promptTokens(Route route, Ask ask) {
        long text = Math.max(1, (ask.promptCharacters * 10 + 21) / 43);
        return route == Route.CHAT || route == Route.RESPONSES ? text + 3 + 4L * ask.messages : text;
    }

    private static String idPrefix(Route route) {
        return switch (route) {
            case CHAT -> "chatcmpl-";
            case RESPONSES -> "resp_";
            case COMPLETIONS -> "cmpl-";
            case MODERATIONS -> "modr-";
            case EMBEDDINGS -> "embd-";
            // Never shown.
            case IMAGES_GENERATIONS, IMAGES_EDITS, AUDIO_TRANSCRIPTIONS, AUDIO_SPEECH -> "";
        };
    }
}
