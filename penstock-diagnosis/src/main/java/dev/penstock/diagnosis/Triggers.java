package dev.penstock.diagnosis;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The words that make a line worth reading, found in one pass over the bytes: an automaton of Aho and Corasick, blind to
 * case. A line without any of them costs a table look-up a byte. Immutable and thread-safe.
 */
final class Triggers {
    /** A sentence, code or exception of a provider or client: the line may be an event by itself. */
    static final int EVENT = 1;
    /** A call of an LLM API: the line is one if its status is a refusal, and shows traffic if not. */
    static final int CALL = 2;
    /** A header of limits. */
    static final int HEADER = 4;

    static final int TRACEBACK = 8;
    private static final int FINAL = 16;

    private static final String[] EVENTS = {
        "rate limit reached for",
        "rate limit exceeded for",
        "request too large for",
        "exceeded your current quota",
        "no credits remaining",
        "billing hard limit",
        "token rate limit of",
        "call rate limit of",
        "request rate limit of",
        "increased too quickly",
        "error while processing your request",
        "currently overloaded",
        "is at capacity",
        "not have sufficient resources available",
        "exceeded your per-minute rate limit",
        "exceeded your daily rate limit",
        "exceeded your rate limit",
        "organization's rate limit",
        "account's rate limit",
        "enqueued token",
        "too many concurrent requests",
        "organization concurrency",
        "rate_limit_exceeded",
        "insufficient_quota",
        "credit_balance_exhausted",
        "spend_limit_",
        "usage_limit_exceeded",
        "billing_hard_limit_reached",
        "billing_not_active",
        "billing_limit_user_error",
        "server_is_overloaded",
        "overloaded_error",
        "rate_limit_error",
        "slow_down",
        "token_limit_exceeded",
        "server_error",
        "queue_deadline_exceeded",
        "queue_full",
        "ratelimiterror",
        "ratelimitexception",
        "internalservererror",
        "internalserverexception",
        "serviceunavailableerror",
        "error code: 429",
        "error code: 5",
        "too many requests",
        "http/1.1 429",
        "http/1.0 429",
        "http/2 429",
        "http/2.0 429",
        "invalid_api_key",
        "incorrect api key",
        "authenticationerror",
        "authentication_error",
        "invalid x-api-key",
    };
    private static final String[] CALLS = {
        "chat/completions",
        "/v1/responses",
        "/v1/embeddings",
        "/v1/completions",
        "/v1/images/",
        "/v1/audio/",
        "/v1/moderations",
        "/v1/batches",
        "/v1/messages",
        "api.openai.com",
        "openai.azure.com",
    };
    private static final String[] HEADERS = {"x-ratelimit-", "retry-after", "anthropic-ratelimit-"};
    private static final String[] TRACEBACKS = {"traceback (most recent call last)"};

    /** Of each state and class of bytes: the next state, with what ends there in the lowest bits. */
    private final int[] next;

    private final byte[] classOf = new byte[256];
    private final int shift;

    Triggers() {
        List<String> words = new ArrayList<>();
        List<Integer> flags = new ArrayList<>();
        add(words, flags, EVENTS, EVENT);
        add(words, flags, CALLS, CALL);
        add(words, flags, HEADERS, HEADER);
        add(words, flags, TRACEBACKS, TRACEBACK);
        int classes = 1;
        int states = 1;
        for (String word : words) {
            states += word.length();
            for (byte b : word.getBytes(StandardCharsets.ISO_8859_1)) {
                if (classOf[b] == 0) {
                    classOf[b] = (byte) classes;
                    classOf[Character.toUpperCase(b)] = (byte) classes;
                    classes++;
                }
            }
        }
        shift = 32 - Integer.numberOfLeadingZeros(classes - 1);
        int[][] trie = new int[states][classes];
        int[] ends = new int[states];
        int used = 1;
        for (int w = 0; w < words.size(); w++) {
            int state = 0;
            for (byte b : words.get(w).getBytes(StandardCharsets.ISO_8859_1)) {
                if (trie[state][classOf[b]] == 0) {
                    trie[state][classOf[b]] = used++;
                }
                state = trie[state][classOf[b]];
            }
            ends[state] |= flags.get(w);
        }
        completed(trie, ends, classes);
        next = new int[used << shift];
        for (int state = 0; state < used; state++) {
            for (int c = 0; c < classes; c++) {
                int to = trie[state][c];
                next[(state << shift) + c] = (to << shift) * FINAL + ends[to];
            }
        }
    }

    private static void add(List<String> words, List<Integer> flags, String[] more, int flag) {
        words.addAll(Arrays.asList(more));
        for (String unused : more) {
            flags.add(flag);
        }
    }

    /** Where no word goes on, the longest end of what was read that begins a word does. */
    private static void completed(int[][] trie, int[] ends, int classes) {
        int[] fallback = new int[trie.length];
        ArrayDeque<Integer> queue = new ArrayDeque<>();
        for (int c = 0; c < classes; c++) {
            if (trie[0][c] != 0) {
                queue.add(trie[0][c]);
            }
        }
        while (!queue.isEmpty()) {
            int state = queue.remove();
            ends[state] |= ends[fallback[state]];
            for (int c = 0; c < classes; c++) {
                int to = trie[state][c];
                if (to == 0) {
                    trie[state][c] = trie[fallback[state]][c];
                } else {
                    fallback[to] = trie[fallback[state]][c];
                    queue.add(to);
                }
            }
        }
    }

    /**
     * What kinds of words are in some bytes.
     *
     * @return an or of the constants
     */
    int in(byte[] bytes, int from, int to) {
        int[] table = next;
        byte[] classes = classOf;
        int state = 0;
        int found = 0;
        for (int i = from; i < to; i++) {
            int step = table[state + classes[bytes[i] & 0xff]];
            found |= step;
            state = step >>> 4;
        }
        return found & (FINAL - 1);
    }
}
