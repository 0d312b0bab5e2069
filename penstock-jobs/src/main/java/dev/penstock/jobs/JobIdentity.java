package dev.penstock.jobs;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a job is: its input and everything that changes what is sent. Two runs with equal identities send the same
 * requests, so one may go on where the other stopped.
 *
 * @param input the content
 * @param options option name to value; templates only as a digest, so that a message can never repeat them
 */
public record JobIdentity(InputDigest input, SortedMap<String, String> options) {
    static final String PROMPT = "--prompt";
    static final String SYSTEM = "--system";

    /** Longer values are not repeated in messages: they may be a schema or text of the prompt. */
    private static final int LONGEST_SHOWN = 60;

    public JobIdentity {
        options = Collections.unmodifiableSortedMap(new TreeMap<>(options));
    }

    /**
     * The identity of a run.
     *
     * @param requestOptions see {@link JobInput#requestOptions}
     * @param others further options that change what is sent or which rows are, by the name a user gives them
     */
    public static JobIdentity of(InputDigest input, Map<String, String> requestOptions, Map<String, String> others) {
        SortedMap<String, String> all = new TreeMap<>(requestOptions);
        all.putAll(others);
        return new JobIdentity(input, all);
    }

    /** What a run with the other identity would do differently from this stored one; empty when it may resume. */
    public List<String> difference(JobIdentity now) {
        List<String> sentences = new ArrayList<>();
        if (!input.sameContent(now.input)) {
            sentences.add(
                    input.bytes() == now.input.bytes()
                            ? "the input's content changed, at the same size of " + input.bytes() + " bytes"
                            : "the input changed, from " + input.bytes() + " bytes to " + now.input.bytes() + " bytes");
        }
        SortedSet<String> names = new TreeSet<>(options.keySet());
        names.addAll(now.options.keySet());
        for (String name : names) {
            String before = options.get(name);
            String after = now.options.get(name);
            if (before == null && after != null) {
                sentences.add(subject(name) + " was added" + shown(name, ": ", after));
            } else if (before != null && after == null) {
                sentences.add(subject(name) + " was left out" + shown(name, "; it was ", before));
            } else if (before != null && after != null && !before.equals(after)) {
                sentences.add(subject(name) + " changed"
                        + (isShown(name, before) && isShown(name, after) ? ", from " + before + " to " + after : ""));
            }
        }
        return List.copyOf(sentences);
    }

    private static String subject(String name) {
        return switch (name) {
            case PROMPT -> "the prompt template";
            case SYSTEM -> "the system template";
            default -> name;
        };
    }

    private static String shown(String name, String before, String value) {
        return isShown(name, value) ? before + value : "";
    }

    private static boolean isShown(String name, String value) {
        return !name.equals(PROMPT) && !name.equals(SYSTEM) && value.length() <= LONGEST_SHOWN;
    }

    static String sha256(String text) {
        return HexFormat.of().formatHex(newSha256().digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    static MessageDigest newSha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java runtime has no SHA-256, which every one must have", e);
        }
    }
}
