package dev.penstock.retry;

import java.util.ArrayList;
import java.util.List;

/** A word, or a word with terms in parentheses. */
record Term(String word, List<Term> args) {
    private static final int DEEPEST = 32;

    static Term parse(String text) {
        var reader = new Reader(text);
        Term term = reader.term(0);
        reader.skipSpaces();
        if (reader.at < text.length()) {
            throw reader.wrong("the end");
        }
        return term;
    }

    Term named(String name, int count) {
        if (!word.equals(name) || args.size() != count) {
            throw new IllegalArgumentException(
                    "'" + word + "' has " + args.size() + " arguments; " + name + " takes " + count);
        }
        return this;
    }

    Term arg(int index) {
        if (index >= args.size()) {
            throw new IllegalArgumentException("'" + word + "' has " + args.size() + " arguments; it takes more");
        }
        return args.get(index);
    }

    private static final class Reader {
        private final String text;
        private int at;

        Reader(String text) {
            this.text = text;
        }

        Term term(int depth) {
            if (depth > DEEPEST) {
                throw new IllegalArgumentException("the text is nested deeper than " + DEEPEST + "; make it simpler");
            }
            skipSpaces();
            if (peek() == '"') {
                return new Term(quoted(), List.of());
            }
            int begin = at;
            while (at < text.length() && "(),;\" ".indexOf(peek()) < 0 && !Character.isWhitespace(peek())) {
                at++;
            }
            if (at == begin) {
                throw wrong("a word");
            }
            String word = text.substring(begin, at);
            List<Term> args = new ArrayList<>();
            skipSpaces();
            if (peek() == '(') {
                do {
                    at++;
                    args.add(term(depth + 1));
                    skipSpaces();
                } while (peek() == ',');
                if (peek() != ')') {
                    throw wrong("',' or ')'");
                }
                at++;
            }
            return new Term(word, List.copyOf(args));
        }

        private String quoted() {
            var read = new StringBuilder();
            at++;
            while (at < text.length() && peek() != '"') {
                if (peek() == '\\') {
                    at++;
                }
                read.append(peek());
                at++;
            }
            if (at >= text.length()) {
                throw wrong("'\"'");
            }
            at++;
            return read.toString();
        }

        void skipSpaces() {
            while (at < text.length() && Character.isWhitespace(peek())) {
                at++;
            }
        }

        private char peek() {
            return at < text.length() ? text.charAt(at) : '\0';
        }

        IllegalArgumentException wrong(String expected) {
            return new IllegalArgumentException(
                    "'" + text + "' is no policy: " + expected + " is expected at character " + (at + 1));
        }
    }
}
