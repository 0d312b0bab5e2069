package dev.penstock.gateway.transport;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What is wrong with a request's head, beyond its form. Pure. */
final class RequestCheck {
    static final String PREFIX = "/v1";

    private static final int HEX = 16;

    private RequestCheck() {}

    /** What to answer; null if nothing is wrong. */
    static @Nullable ApiError of(HttpServerRequest request) {
        List<String> hosts = request.headers().getAll(HttpHeaders.HOST);
        if (hosts.size() > 1 || hosts.isEmpty() && request.version() == HttpVersion.HTTP_1_1) {
            return malformed("A request has exactly one Host header, this one has " + hosts.size() + ".");
        }
        List<String> codings = request.headers().getAll(HttpHeaders.TRANSFER_ENCODING);
        if (!codings.isEmpty()
                && (codings.size() > 1
                        || !codings.getFirst().equalsIgnoreCase("chunked")
                        || request.version() != HttpVersion.HTTP_1_1)) {
            return malformed("The one Transfer-Encoding that is understood is chunked, given once, in HTTP/1.1.");
        }
        List<String> expectations = request.headers().getAll(HttpHeaders.EXPECT);
        if (!expectations.isEmpty()
                && (expectations.size() > 1 || !expectations.getFirst().equalsIgnoreCase("100-continue"))) {
            return ApiError.invalid(
                    417, "expectation_failed", "The one expectation that can be met is 100-continue; send no other.");
        }
        ApiError target = target(request.uri());
        if (target != null) {
            return target;
        }
        if (request.method() == HttpMethod.CONNECT || request.method().name().equals("TRACE")) {
            return ApiError.invalid(
                    405, "method_not_allowed", request.method().name() + " is not passed on; no API under /v1 has it.");
        }
        for (String upgrade : request.headers().getAll(HttpHeaders.UPGRADE)) {
            if (upgrade.toLowerCase(Locale.ROOT).contains("websocket")) {
                return ApiError.invalid(
                        501,
                        "websockets_not_carried",
                        "WebSockets are not carried by this gateway; connect to the provider itself for them.");
            }
        }
        return null;
    }

    /** Paths are passed on as they are, so that what could mean another path to somebody is refused. */
    static @Nullable ApiError target(String target) {
        int query = target.indexOf('?');
        String path = query < 0 ? target : target.substring(0, query);
        if (!path.startsWith("/")) {
            return malformed("The request target must be a path, as in " + PREFIX + "/models.");
        }
        for (int i = 0; i < target.length(); i++) {
            char c = target.charAt(i);
            if (c <= ' ' || c >= 0x7f || c == '\\' || c == '#') {
                return malformed("The request target holds a character that must be percent-encoded, at position "
                        + (i + 1) + ".");
            }
        }
        if (path.startsWith("//")) {
            return malformed("The path begins with two slashes; begin it with " + PREFIX + "/.");
        }
        String decoded = decoded(path);
        if (decoded == null) {
            return malformed("The path holds a percent sign without two hexadecimal digits, or an encoded control"
                    + " character or backslash.");
        }
        if (decoded.contains("/.")) {
            for (String segment : decoded.split("/", -1)) {
                if (segment.equals(".") || segment.equals("..")) {
                    return malformed("The path holds a dot segment; give the path that is meant.");
                }
            }
        }
        if (!path.equals(PREFIX) && !path.startsWith(PREFIX + "/")) {
            return ApiError.invalid(
                    404,
                    "unknown_url",
                    "This gateway passes on what is under " + PREFIX + "/; set the client's base URL to end in "
                            + PREFIX + ".");
        }
        return null;
    }

    /** Null for what nobody needs in a path. */
    private static @Nullable String decoded(String path) {
        if (path.indexOf('%') < 0) {
            return path;
        }
        StringBuilder text = new StringBuilder(path.length());
        int i = 0;
        while (i < path.length()) {
            char c = path.charAt(i);
            if (c == '%') {
                if (i + 2 >= path.length()) {
                    return null;
                }
                int high = Character.digit(path.charAt(i + 1), HEX);
                int low = Character.digit(path.charAt(i + 2), HEX);
                if (high < 0 || low < 0) {
                    return null;
                }
                c = (char) (high * HEX + low);
                if (c < ' ' || c == 0x7f || c == '\\') {
                    return null;
                }
                i += 2;
            }
            text.append(c);
            i++;
        }
        return text.toString();
    }

    private static ApiError malformed(String message) {
        return ApiError.invalid(400, "malformed_request", message);
    }
}
