package dev.penstock.cli;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Optional;

/** Where the API is, as options and the environment say it. */
final class ApiAddress {
    private static final String VARIABLE = "OPENAI_BASE_URL";
    private static final String USUAL = "https://api.openai.com/v1";

    private ApiAddress() {}

    /**
     * The address that an option names, else the variable that the official clients read, else the provider's.
     *
     * @param option the option's name, for the message
     */
    static URI of(Shell shell, String option, Optional<String> given) {
        String text = given.or(() -> shell.variable(VARIABLE)).orElse(USUAL);
        try {
            return new URI(text.strip());
        } catch (URISyntaxException e) {
            throw new UsageException(
                    (given.isPresent() ? option : VARIABLE) + " is no address; it must look like " + USUAL, e);
        }
    }

    static boolean isLoopback(URI url) {
        return isLoopback(String.valueOf(url.getHost()));
    }

    static boolean isLoopback(String host) {
        String name = host.toLowerCase(Locale.ROOT);
        // Not by its beginning: names may begin with 127. too, and be anywhere.
        return name.equals("localhost")
                || name.matches("127(\\.\\d{1,3}){3}")
                || name.equals("[::1]")
                || name.equals("::1");
    }

    /** A base URL without the path that nearly all of them have leads to answers 404 only. */
    static void noteAMissingPath(Shell shell, URI url) {
        String path = url.getPath();
        if (path == null || path.isEmpty() || path.equals("/")) {
            shell.err()
                    .println("penstock: note: the base URL " + url.getScheme() + "://" + url.getAuthority()
                            + " has no path; most servers of this kind serve " + url.getScheme() + "://"
                            + url.getAuthority() + "/v1");
        }
    }

    /** Tells of a key that anyone on the way can read; that is the user's to decide. */
    static void warnOfAKeyInTheOpen(Shell shell, URI url) {
        if ("http".equalsIgnoreCase(url.getScheme()) && !isLoopback(url)) {
            shell.err()
                    .println("penstock: warning: the API key is sent to " + url.getHost()
                            + " over plain http, where anyone on the way can read it; use https if you can");
        }
    }
}
