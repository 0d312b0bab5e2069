package dev.penstock.gateway.transport;

import java.time.Duration;

/**
 * Where a gateway listens and how much it bears from clients.
 *
 * @param host address to listen on
 * @param port 0 for any free one
 * @param mostConnections how many may be open; further ones are closed at once
 * @param headPatience how long a request's head may take from its first byte
 * @param idlePatience how long a connection may be open without a request
 * @param bodyPatience how long a body may take, counted while it is being read
 * @param leastBodyBytesPerSecond a body that comes at least this fast may take longer
 * @param readPatience how long a client may leave its answer unread
 */
public record ServerSettings(
        String host,
        int port,
        int mostConnections,
        Duration headPatience,
        Duration idlePatience,
        Duration bodyPatience,
        int leastBodyBytesPerSecond,
        Duration readPatience) {

    /** On the given address, with the usual bounds. */
    public static ServerSettings on(String host, int port) {
        return new ServerSettings(
                host,
                port,
                20_000,
                Duration.ofSeconds(30),
                Duration.ofSeconds(75),
                Duration.ofSeconds(60),
                10_000,
                Duration.ofSeconds(60));
    }
}
