package dev.penstock.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.penstock.time.Ticker;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.JksOptions;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class UpstreamConnectionsTest {
    private static final String PASSWORD = "changeit";

    private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    private int port;

    @TempDir
    private Path folder;

    @BeforeEach
    void start() throws ExecutionException, InterruptedException, TimeoutException {
        port = listen(new HttpServerOptions());
    }

    @AfterEach
    void stop() throws ExecutionException, InterruptedException, TimeoutException {
        get(vertx::close);
    }

    private int listen(HttpServerOptions options) throws ExecutionException, InterruptedException, TimeoutException {
        return get(() -> vertx.createHttpServer(options.setHost("127.0.0.1").setPort(0))
                        .requestHandler(request -> request.response()
                                .putHeader("content-length", "0")
                                .end()
                                .onFailure(gone -> {}))
                        .listen())
                .actualPort();
    }

    @Test
    void theConnectionThatWasUsedLastIsUsedNext() throws ExecutionException, InterruptedException, TimeoutException {
        UpstreamConnections connections = connections("http://127.0.0.1:" + port + "/v1");
        UpstreamConnection first = get(connections::take);
        UpstreamConnection second = get(connections::take);
        assertThat(call(connections, first).statusCode()).isEqualTo(200);
        assertThat(first.reused()).isFalse();
        assertThat((int) run(connections::lent)).isEqualTo(2);

        run(() -> {
            second.giveBack();
            first.giveBack();
            return true;
        });
        assertThat((int) run(connections::idle)).isEqualTo(2);
        assertThat(get(connections::take)).isSameAs(first);
        assertThat(call(connections, first).statusCode()).isEqualTo(200);
        assertThat(first.reused()).isTrue();
    }

    @Test
    void aConnectionIsGivenBackOnce() throws ExecutionException, InterruptedException, TimeoutException {
        UpstreamConnections connections = connections("http://127.0.0.1:" + port);
        UpstreamConnection connection = get(connections::take);
        run(() -> {
            connection.giveBack();
            assertThatThrownBy(connection::giveBack).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(connection::drop).isInstanceOf(IllegalStateException.class);
            return true;
        });
        assertThat((int) run(connections::lent)).isZero();
        assertThat((int) run(connections::idle)).isEqualTo(1);
    }

    @Test
    void aDroppedConnectionIsClosedAndNotUsedAgain() throws ExecutionException, InterruptedException, TimeoutException {
        UpstreamConnections connections = connections("http://127.0.0.1:" + port);
        UpstreamConnection connection = get(connections::take);
        run(() -> {
            connection.drop();
            connection.drop();
            connection.giveBack();
            return true;
        });
        assertThat(connection.closed()).isTrue();
        assertThat((int) run(connections::lent)).isZero();
        assertThat((int) run(connections::idle)).isZero();
    }

    @Test
    void tlsIsSpokenWithWhomTheCertificateNamesAndWithNobodyElse()
            throws IOException, ExecutionException, InterruptedException, TimeoutException {
        Path keys = folder.resolve("keys.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-keystore",
                        keys.toString(),
                        "-storepass",
                        PASSWORD,
                        "-alias",
                        "a",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "SAN=dns:localhost")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(keytool.waitFor(30, TimeUnit.SECONDS)).isTrue();
        int tlsPort = listen(new HttpServerOptions()
                .setSsl(true)
                .setKeyCertOptions(new JksOptions().setPath(keys.toString()).setPassword(PASSWORD)));

        UpstreamConnections untrusted = connections("https://localhost:" + tlsPort + "/v1");
        assertThatThrownBy(() -> get(untrusted::take)).cause().isInstanceOf(SSLException.class);
        System.setProperty("javax.net.ssl.trustStore", keys.toString());
        System.setProperty("javax.net.ssl.trustStorePassword", PASSWORD);
        try {
            UpstreamConnections named = connections("https://localhost:" + tlsPort + "/v1");
            assertThat(call(named, get(named::take)).statusCode()).isEqualTo(200);
            UpstreamConnections other = connections("https://127.0.0.1:" + tlsPort + "/v1");
            assertThatThrownBy(() -> get(other::take)).cause().satisfies(failure -> {
                assertThat(failure).isInstanceOf(SSLException.class);
                assertThat(other.connectFailure(failure)).contains("TLS handshake with 127.0.0.1:" + tlsPort);
            });
            assertThat((int) run(other::lent)).isZero();
        } finally {
            System.clearProperty("javax.net.ssl.trustStore");
            System.clearProperty("javax.net.ssl.trustStorePassword");
        }
    }

    @Test
    void anAddressKeepsItsPathAndLosesTheSlashAtItsEnd() {
        UpstreamAddress address = UpstreamAddress.of(URI.create("https://[::1]/a/b%20c/"));
        assertThat(address).isEqualTo(new UpstreamAddress("::1", 443, true, "/a/b%20c", "[::1]:443"));
        assertThat(address.request(HttpMethod.GET, "/x?y").getURI()).isEqualTo("/a/b%20c/x?y");
        assertThat(UpstreamAddress.of(URI.create("http://h:8080"))
                        .request(HttpMethod.GET, "?y")
                        .getURI())
                .isEqualTo("/?y");
        assertThatThrownBy(() -> UpstreamAddress.of(URI.create("/v1"))).hasMessageContaining("absolute");
    }

    private UpstreamConnections connections(String base)
            throws ExecutionException, InterruptedException, TimeoutException {
        return run(
                () -> new UpstreamConnections(vertx, UpstreamAddress.of(URI.create(base)), Ticker.system(), () -> {}));
    }

    private HttpClientResponse call(UpstreamConnections connections, UpstreamConnection connection)
            throws ExecutionException, InterruptedException, TimeoutException {
        return get(() -> connection
                .request(connections.address().request(HttpMethod.GET, "/x"))
                .compose(request ->
                        request.send().compose(response -> response.end().map(response))));
    }

    private <T> T run(Supplier<T> task) throws ExecutionException, InterruptedException, TimeoutException {
        return get(() -> Future.succeededFuture(task.get()));
    }

    private <T> T get(Supplier<Future<T>> task) throws ExecutionException, InterruptedException, TimeoutException {
        CompletableFuture<T> done = new CompletableFuture<>();
        vertx.runOnContext(here -> {
            try {
                task.get().onSuccess(done::complete).onFailure(done::completeExceptionally);
            } catch (RuntimeException | Error e) {
                done.completeExceptionally(e);
            }
        });
        return done.get(20, TimeUnit.SECONDS);
    }
}
