package dev.penstock.gateway.config;

import java.util.regex.Pattern;

/** What texts of several sections look like. */
final class ConfigText {
    static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
    static final String NAME_RULE =
            "up to 64 letters, digits, dots, dashes and underscores, the first a letter or digit";

    static final Pattern MODELS = Pattern.compile("[!-~]{1,128}");
    static final String MODELS_RULE =
            "a model or a pattern of up to 128 characters without spaces, such as \"gpt-4o*\"";

    /** What may stand in a header. */
    static final Pattern HEADER = Pattern.compile("[!-~]{1,128}");

    private ConfigText() {}
}
