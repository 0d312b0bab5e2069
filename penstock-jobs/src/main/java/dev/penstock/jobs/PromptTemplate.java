package dev.penstock.jobs;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;

/**
 * Text with <code>{{column}}</code> where a row's value goes. Spaces inside the braces do not count. Immutable.
 */
final class PromptTemplate {
    /** What the template is made of, in order. */
    sealed interface Part {
        record Literal(String text) implements Part {}

        record Column(String name) implements Part {}
    }

    private final List<Part> parts;

    private PromptTemplate(List<Part> parts) {
        this.parts = List.copyOf(parts);
    }

    /**
     * Reads a template.
     *
     * @param option the option it came from, for messages
     */
    static PromptTemplate parse(String option, String text) {
        List<Part> parts = new ArrayList<>();
        int at = 0;
        while (at < text.length()) {
            int open = text.indexOf("{{", at);
            if (open < 0) {
                parts.add(new Part.Literal(text.substring(at)));
                break;
            }
            if (open > at) {
                parts.add(new Part.Literal(text.substring(at, open)));
            }
            int close = text.indexOf("}}", open + 2);
            if (close < 0) {
                throw new InputException(
                        option + " opens {{ at character " + (open + 1) + " and never closes it; write {{column}}");
            }
            String name = text.substring(open + 2, close).strip();
            if (name.isEmpty()) {
                throw new InputException(option + " has {{}} without a name at character " + (open + 1)
                        + "; write the name of a column between the braces");
            }
            parts.add(new Part.Column(name));
            at = close + 2;
        }
        return new PromptTemplate(parts);
    }

    List<Part> parts() {
        return parts;
    }

    /** The columns it names, once each, in order. */
    SequencedSet<String> columns() {
        SequencedSet<String> names = new LinkedHashSet<>();
        for (Part part : parts) {
            if (part instanceof Part.Column(String name)) {
                names.add(name);
            }
        }
        return names;
    }
}
