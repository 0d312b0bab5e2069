package dev.penstock.gateway.config;

import dev.penstock.limit.Limit;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/** Reads the upstreams of one file. Not thread-safe. */
final class UpstreamReader {
    private static final long MOST_WEIGHT = 1_000;
    private static final long MOST_CALLS = 100_000;

    private static final Pattern ANYTHING = Pattern.compile("(?s).{1,4096}");

    /** As people name variables. Others may be the key itself, put here by mistake, and are not repeated. */
    private static final Pattern VARIABLE = Pattern.compile("[A-Z][A-Z0-9_]{0,63}");

    private static final Pattern KEY = Pattern.compile("[!-~]{1,8192}");

    private final Path folder;
    private final SecretSource secrets;
    private final boolean keysNeeded;
    private final Map<String, Integer> lines = new HashMap<>();
    private final List<Upstream> upstreams = new ArrayList<>();

    /**
     * @param folder that relative paths start from
     * @param keysNeeded whether clients bring virtual keys, which no upstream knows
     */
    UpstreamReader(Path folder, SecretSource secrets, boolean keysNeeded) {
        this.folder = folder;
        this.secrets = secrets;
        this.keysNeeded = keysNeeded;
    }

    List<Upstream> upstreams() {
        return upstreams;
    }

    void read(Section section) {
        Optional<String> name = section.text("name", ConfigText.NAME, ConfigText.NAME_RULE);
        if (!section.has("name")) {
            section.missing("name", "main");
        }
        name.ifPresent(each -> {
            Integer earlier = lines.putIfAbsent(each, section.line("name"));
            if (earlier != null) {
                section.complain(
                        "name",
                        "the upstream " + Shown.value(each)
                                + " for the second time; names are unique; it is also in line " + earlier
                                + ", rename one");
            }
        });
        Optional<URI> url = url(section);
        Optional<Secret> key = key(section);
        Optional<String> organization =
                section.text("organization", ConfigText.HEADER, "up to 128 characters without spaces");
        Optional<String> project = section.text("project", ConfigText.HEADER, "up to 128 characters without spaces");
        OptionalLong weight = section.whole("weight", 1, MOST_WEIGHT, "2");
        List<String> models = section.texts("models", ConfigText.MODELS, ConfigText.MODELS_RULE);
        OptionalLong concurrency = section.whole("concurrency", 1, MOST_CALLS, "200");
        List<ModelCaps> caps = caps(section);
        section.end();
        if (name.isEmpty() || url.isEmpty()) {
            return;
        }
        Upstream upstream = new Upstream(
                name.get(),
                url.get(),
                key,
                organization,
                project,
                (int) weight.orElse(1),
                models,
                caps,
                concurrency.isPresent() ? OptionalInt.of((int) concurrency.getAsLong()) : OptionalInt.empty());
        upstreams.stream()
                .filter(other -> isSameAccount(other, upstream))
                .findFirst()
                .ifPresent(other -> section.complain(
                        "url",
                        "the upstream " + Shown.value(upstream.name()) + " has url, key, organization and project of "
                                + Shown.value(other.name())
                                + "; an account may stand here once, or its quota counts twice; take one out"));
        upstreams.add(upstream);
    }

    private static boolean isSameAccount(Upstream a, Upstream b) {
        boolean sameKey = a.key().isPresent() && b.key().isPresent()
                ? a.key().get().isSame(b.key().get())
                : a.key().isEmpty() && b.key().isEmpty();
        return sameKey
                && a.baseUrl().equals(b.baseUrl())
                && a.organization().equals(b.organization())
                && a.project().equals(b.project());
    }

    private static Optional<URI> url(Section section) {
        String rule = "an http or https address without user, query and fragment, such as https://api.openai.com/v1";
        Optional<String> text = section.text("url", ANYTHING, rule);
        if (!section.has("url")) {
            section.missing("url", "https://api.openai.com/v1");
        }
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            URI uri = new URI(text.get().replaceAll("/+$", ""));
            boolean web = "http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme());
            boolean plain = uri.getRawUserInfo() == null && uri.getRawQuery() == null && uri.getRawFragment() == null;
            if (web && plain && uri.getHost() != null && uri.getPort() <= 65_535) {
                return Optional.of(uri);
            }
        } catch (URISyntaxException e) {
            // Told below; its message would quote what may hold a password.
        }
        boolean mayHoldSecret = text.get().contains("@")
                || text.get().contains("?")
                || text.get().contains("#");
        section.complain(
                "url",
                (mayHoldSecret
                                ? "url has a user, a query or a fragment (not shown)"
                                : "url is " + Shown.value(text.get()))
                        + "; it must be " + rule);
        return Optional.empty();
    }

    private Optional<Secret> key(Section section) {
        Optional<String> variable = section.text("key-env", ANYTHING, "the name of an environment variable");
        Optional<String> file = section.text("key-file", ANYTHING, "the path of a file");
        if (variable.isPresent() && file.isPresent()) {
            section.complain("key-file", "key-file beside key-env; a key has one place; take one of them out");
            return Optional.empty();
        }
        if (keysNeeded && !section.has("key-env") && !section.has("key-file")) {
            section.complain(
                    "url",
                    "an upstream without key-env and key-file; as there are tenants, clients bring keys of this gateway,"
                            + " which no upstream knows; add for example \"key-env: OPENAI_API_KEY\"");
        }
        return variable.flatMap(name -> keyOfVariable(section, name))
                .or(() -> file.flatMap(path -> keyOfFile(section, path)));
    }

    private Optional<Secret> keyOfVariable(Section section, String name) {
        boolean isName = VARIABLE.matcher(name).matches();
        String shown = isName ? "key-env names " + name : "key-env names a variable (not shown, as it may be a key)";
        Optional<String> value = secrets.variable(name);
        if (value.isEmpty() || value.get().isBlank()) {
            section.complain(
                    "key-env",
                    shown + ", which is not set; the name of a variable with the key must stand here; "
                            + (isName ? "export " + name + "=… first" : "correct it"));
            return Optional.empty();
        }
        return secret(section, "key-env", shown, value.get());
    }

    private Optional<Secret> keyOfFile(Section section, String path) {
        String shown = "key-file is " + Shown.value(path);
        try {
            return secret(section, "key-file", shown, secrets.file(folder.resolve(path)));
        } catch (NoSuchFileException e) {
            section.complain("key-file", shown + ", which does not exist; give the path of a file with the key alone");
        } catch (IOException e) {
            section.complain(
                    "key-file",
                    shown + ", which cannot be read (" + e.getClass().getSimpleName()
                            + "); the gateway must be allowed to read it");
        } catch (InvalidPathException e) {
            section.complain("key-file", shown + ", which is no path; give the path of a file with the key alone");
        }
        return Optional.empty();
    }

    private static Optional<Secret> secret(Section section, String member, String shown, String text) {
        String key = text.strip();
        if (!KEY.matcher(key).matches()) {
            section.complain(
                    member,
                    shown + ", where " + (key.isEmpty() ? "nothing stands" : "more than a key stands")
                            + "; it must hold a key alone, visible ASCII characters without spaces; correct it there");
            return Optional.empty();
        }
        return Optional.of(new Secret(key));
    }

    private static List<ModelCaps> caps(Section section) {
        List<ModelCaps> caps = new ArrayList<>();
        for (Section each : section.sections("limits", "limits of an upstream")) {
            String models = each.text("models", ConfigText.MODELS, ConfigText.MODELS_RULE)
                    .orElse("*");
            List<Limit> limits = LimitsReader.read(each);
            each.end();
            caps.stream()
                    .filter(earlier -> new Glob(earlier.models()).matches(models))
                    .findFirst()
                    .ifPresent(earlier -> each.complain(
                            "models",
                            "limits for " + Shown.value(models) + " after those for " + Shown.value(earlier.models())
                                    + ", which match all of it; the first that match count; move the narrower up"));
            caps.add(new ModelCaps(models, limits));
        }
        return caps;
    }
}
