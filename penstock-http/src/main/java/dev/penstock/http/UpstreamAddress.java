package dev.penstock.http;

import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.net.URI;
import java.util.Optional;

/**
 * Where an upstream is.
 *
 * @param host name or address, an IPv6 address without brackets
 * @param port 1 to 65,535
 * @param tls whether to speak TLS
 * @param path what comes before the path of an endpoint, without a slash at its end; may be empty
 * @param place host and port, for people
 */
public record UpstreamAddress(String host, int port, boolean tls, String path, String place) {
    private static final int HTTP_PORT = 80;
    private static final int HTTPS_PORT = 443;

    /**
     * @param base an absolute URL up to and including {@code /v1} or what stands for it
     * @throws IllegalArgumentException if it names no host or is neither http nor https
     */
    public static UpstreamAddress of(URI base) {
        String scheme = String.valueOf(base.getScheme());
        boolean tls = scheme.equalsIgnoreCase("https");
        String host = base.getHost();
        if (host == null || !(tls || scheme.equalsIgnoreCase("http"))) {
            throw new IllegalArgumentException(
                    "the base URL must be absolute, as in https://api.example.com/v1; give scheme and host");
        }
        int port = base.getPort() >= 0 ? base.getPort() : tls ? HTTPS_PORT : HTTP_PORT;
        String path = Optional.ofNullable(base.getRawPath()).orElse("").replaceAll("/+$", "");
        return new UpstreamAddress(unbracketed(host), port, tls, path, host + ":" + port);
    }

    private static String unbracketed(String host) {
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    /**
     * A request to this address, without headers. Redirects are not followed: a key must not travel to wherever an answer
     * points.
     *
     * @param below path and query below {@link #path}, as in {@code /chat/completions}
     */
    public RequestOptions request(HttpMethod method, String below) {
        return new RequestOptions()
                .setMethod(method)
                .setHost(host)
                .setPort(port)
                .setSsl(tls)
                .setFollowRedirects(false)
                .setURI(path.isEmpty() && !below.startsWith("/") ? "/" + below : path + below);
    }
}
