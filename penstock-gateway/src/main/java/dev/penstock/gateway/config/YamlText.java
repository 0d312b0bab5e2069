package dev.penstock.gateway.config;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/**
 * Reads YAML as far as its nodes. Of YAML only what a configuration needs is let through: one document, no anchors,
 * aliases and tags, so that what a file means is no larger than what stands in it.
 */
final class YamlText {
    static final int MOST_BYTES = 1 << 20;

    /** The form has five levels. The parser works on the stack, which must not be used up. */
    private static final int MOST_LEVELS = 20;

    private YamlText() {}

    /**
     * The members of a file's one document.
     *
     * @throws ConfigException if it cannot be read as far as that
     */
    static MappingNode read(byte[] bytes, Problems problems) {
        String text = text(bytes, problems);
        LoadSettings settings = LoadSettings.builder()
                .setSchema(new CoreSchema())
                .setCodePointLimit(MOST_BYTES)
                .setUseMarks(true)
                .build();
        Optional<Node> root = Optional.empty();
        try {
            checkEvents(new Parse(settings).parseString(text), problems);
            problems.throwIfAny();
            root = new Compose(settings).composeString(text);
        } catch (MarkedYamlEngineException e) {
            problems.add(e.getProblemMark().or(e::getContextMark), notYaml(e));
        } catch (ReaderException e) {
            addAt(
                    text,
                    e.getPosition(),
                    "the character U+%04X; YAML allows no control characters; remove it".formatted(e.getCodePoint()),
                    problems);
        } catch (YamlEngineException e) {
            // Its message may quote the file, and a key stands perhaps where none should.
            problems.add(0, 0, "is not YAML 1.2; correct it, or begin with examples/gateway.yaml");
        }
        problems.throwIfAny();
        if (root.isEmpty()) {
            problems.add(0, 0, "says nothing; give at least one key, such as tenants, or leave --config out");
        } else if (!(root.get() instanceof MappingNode)) {
            problems.add(
                    root.get(),
                    "the file is " + Section.kind(root.get())
                            + "; it must be keys with values, such as \"tenants:\"; see examples/gateway.yaml");
        }
        problems.throwIfAny();
        return (MappingNode) root.orElseThrow();
    }

    private static String text(byte[] bytes, Problems problems) {
        if (bytes.length > MOST_BYTES) {
            problems.add(0, 0, "is larger than 1 MiB, the most that is read; is it the right file?");
            problems.throwIfAny();
        }
        CharBuffer chars = CharBuffer.allocate(bytes.length);
        CoderResult result = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT)
                .decode(ByteBuffer.wrap(bytes), chars, true);
        String text = chars.flip().toString();
        if (result.isError()) {
            addAt(
                    text,
                    text.codePointCount(0, text.length()),
                    "a byte that is not UTF-8; the file must be UTF-8; save it so",
                    problems);
            problems.throwIfAny();
        }
        // What some editors put in front to say that it is UTF-8.
        return text.startsWith("\uFEFF") ? text.substring(1) : text;
    }

    private static void addAt(String text, int codePoints, String what, Problems problems) {
        int line = 1;
        int column = 1;
        int seen = 0;
        for (int at = 0; at < text.length() && seen < codePoints; seen++) {
            int each = text.codePointAt(at);
            at += Character.charCount(each);
            column++;
            if (each == '\n') {
                line++;
                column = 1;
            }
        }
        problems.add(line, column, what);
    }

    private static void checkEvents(Iterable<Event> events, Problems problems) {
        int documents = 0;
        int levels = 0;
        for (Event event : events) {
            if (event.getEventId() == Event.ID.DocumentStart && ++documents > 1) {
                problems.add(event.getStartMark(), "a second document; a configuration is one; remove the line ---");
                return;
            }
            if (event instanceof CollectionStartEvent && ++levels > MOST_LEVELS) {
                problems.add(
                        event.getStartMark(),
                        "more than " + MOST_LEVELS + " levels; no key of this file goes so deep; take it out");
                return;
            }
            if (event.getEventId() == Event.ID.MappingEnd || event.getEventId() == Event.ID.SequenceEnd) {
                levels--;
            }
            checkNode(event, problems);
        }
    }

    private static void checkNode(Event event, Problems problems) {
        if (event instanceof AliasEvent) {
            problems.add(
                    event.getStartMark(),
                    "an alias, which begins with *; none may be used here; write the value out, or put a pattern that"
                            + " begins with * in quotes");
        } else if (event instanceof NodeEvent node && node.getAnchor().isPresent()) {
            problems.add(
                    event.getStartMark(),
                    "an anchor, which begins with &; none may be used here; write values out where they are needed");
        }
        boolean tagged = switch (event) {
            case ScalarEvent scalar -> scalar.getTag().isPresent();
            case CollectionStartEvent collection -> collection.getTag().isPresent();
            default -> false;
        };
        if (tagged) {
            problems.add(
                    event.getStartMark(),
                    "a tag, which begins with !; none may be used here; leave it out, or put text that begins with ! in"
                            + " quotes");
        }
    }

    private static String notYaml(MarkedYamlEngineException e) {
        String context = e.getContext() == null ? "" : e.getContext();
        if (context.contains("alias")) {
            return "a * that begins a value; YAML takes it for an alias; put the pattern in quotes: \"*\"";
        }
        String problem = e.getProblem() == null ? "" : e.getProblem();
        if (problem.contains("<block end>")) {
            return "not YAML: the line does not line up with those above; keys of one group begin in one column;"
                    + " indent it like them";
        }
        // The problem names at most single characters of the file; the exception's message would quote whole lines.
        return "not YAML: " + problem + "; correct it, or put the value in quotes";
    }
}
