package dev.penstock.jobs;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * How rows become requests.
 *
 * @param format given where the file's name and content should not decide
 * @param prompt for tables: the user message, with <code>{{column}}</code> where a row's value goes
 * @param system for tables: the system message, with columns likewise
 * @param model for tables: the model to ask
 * @param maxOutput for tables: the most tokens of an answer, sent as {@code max_completion_tokens}; positive
 * @param parameters for tables: further members of the request body, in order; a value that parses as JSON is sent as
 *     that, any other as a string
 */
public record InputOptions(
        Optional<RowFormat> format,
        Optional<String> prompt,
        Optional<String> system,
        Optional<String> model,
        OptionalInt maxOutput,
        SequencedMap<String, String> parameters) {
    public InputOptions {
        if (maxOutput.isPresent() && maxOutput.getAsInt() < 1) {
            throw new IllegalArgumentException("--max-output is " + maxOutput.getAsInt() + "; it must be 1 or more");
        }
        parameters = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(parameters));
    }

    /** Nothing given: what batch-format inputs need. */
    public static InputOptions none() {
        return new InputOptions(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                OptionalInt.empty(),
                new LinkedHashMap<>());
    }

    /** A prompt for every row of a table. */
    public static InputOptions prompt(String model, String prompt) {
        return new InputOptions(
                Optional.empty(),
                Optional.of(prompt),
                Optional.empty(),
                Optional.of(model),
                OptionalInt.empty(),
                new LinkedHashMap<>());
    }

    public InputOptions withFormat(RowFormat newFormat) {
        return new InputOptions(Optional.of(newFormat), prompt, system, model, maxOutput, parameters);
    }

    public InputOptions withSystem(String newSystem) {
        return new InputOptions(format, prompt, Optional.of(newSystem), model, maxOutput, parameters);
    }

    public InputOptions withMaxOutput(int tokens) {
        return new InputOptions(format, prompt, system, model, OptionalInt.of(tokens), parameters);
    }

    public InputOptions withParameter(String name, String value) {
        SequencedMap<String, String> more = new LinkedHashMap<>(parameters);
        more.put(name, value);
        return new InputOptions(format, prompt, system, model, maxOutput, more);
    }

    /** What of these options changes the requests, by option name, for {@link JobIdentity}. */
    Map<String, String> identity() {
        Map<String, String> options = new TreeMap<>();
        prompt.ifPresent(text -> options.put(JobIdentity.PROMPT, JobIdentity.sha256(text)));
        system.ifPresent(text -> options.put(JobIdentity.SYSTEM, JobIdentity.sha256(text)));
        model.ifPresent(name -> options.put("--model", name));
        maxOutput.ifPresent(tokens -> options.put("--max-output", Integer.toString(tokens)));
        parameters.forEach((name, value) -> options.put("--param " + name, value));
        return options;
    }
}
