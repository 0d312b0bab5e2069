package dev.penstock.gateway.admin;

import dev.penstock.gateway.GatewaySnapshot;
import dev.penstock.gateway.transport.HostRule;
import dev.penstock.http.PageFiles;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.net.URI;
import java.util.function.Supplier;

/** What is served, to whom, and with which headers. */
final class AdminRoutes implements Handler<HttpServerRequest> {
    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
    private static final String JSON = "application/json";

    private static final int OK = 200;
    private static final int FORBIDDEN = 403;
    private static final int NOT_FOUND = 404;
    private static final int METHOD_NOT_ALLOWED = 405;
    private static final int SERVER_ERROR = 500;
    private static final int UNAVAILABLE = 503;

    private final HostRule hosts;
    private final URI clientBaseUrl;
    private final PageFiles files;
    private final Telemetry telemetry;
    private final Supplier<GatewaySnapshot> snapshot;

    private record Answer(int status, String contentType, Buffer body) {}

    AdminRoutes(AdminSettings settings, PageFiles files, Telemetry telemetry, Supplier<GatewaySnapshot> snapshot) {
        this.hosts = new HostRule(settings.host(), settings.names());
        this.clientBaseUrl = settings.clientBaseUrl();
        this.files = files;
        this.telemetry = telemetry;
        this.snapshot = snapshot;
    }

    @Override
    public void handle(HttpServerRequest request) {
        Answer answer;
        try {
            answer = answer(request);
        } catch (RuntimeException e) {
            System.getLogger(AdminRoutes.class.getName())
                    .log(System.Logger.Level.ERROR, "the admin pages failed to answer", e);
            answer = text(SERVER_ERROR, "the admin pages failed to answer; the log of the gateway says why");
        }
        HttpServerResponse response = request.response();
        response.setStatusCode(answer.status);
        PageFiles.HEADERS.forEach(response::putHeader);
        response.putHeader("content-type", answer.contentType);
        response.putHeader("content-length", Integer.toString(answer.body.length()));
        if (answer.status == METHOD_NOT_ALLOWED) {
            response.putHeader("allow", "GET, HEAD");
            // A body may follow that nobody will read.
            response.putHeader("connection", "close");
        }
        // Whether it arrived is the client's matter.
        (request.method().equals(HttpMethod.HEAD) ? response.end() : response.end(answer.body)).onFailure(gone -> {});
    }

    private Answer answer(HttpServerRequest request) {
        if (!hosts.allows(request.headers().getAll("host"))) {
            return text(
                    FORBIDDEN,
                    "the Host of this request is neither loopback nor a configured name of the admin pages;"
                            + " ask for them at their address, or configure the name");
        }
        if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD)) {
            return text(METHOD_NOT_ALLOWED, "the admin pages can only be read; use GET or HEAD");
        }
        String path = request.path() == null ? "" : request.path();
        return switch (path) {
            case "/healthz" -> text(OK, "alive");
            case "/readyz" ->
                snapshot.get().stopping()
                        ? text(UNAVAILABLE, "stopping: running calls finish, nothing new is taken")
                        : text(OK, "ready");
            case "/metrics" -> new Answer(OK, PROMETHEUS, Buffer.buffer(telemetry.scrape(snapshot.get())));
            case "/api/state" ->
                new Answer(
                        OK, JSON, Buffer.buffer(StateJson.write(snapshot.get(), telemetry.history(), clientBaseUrl)));
            default ->
                files.find(path)
                        .map(file -> new Answer(OK, file.contentType(), file.bytes()))
                        .orElseGet(() -> text(
                                NOT_FOUND,
                                "there is no such page; there are /, /metrics, /healthz, /readyz and /api/state"));
        };
    }

    private static Answer text(int status, String sentence) {
        return new Answer(status, TEXT, Buffer.buffer(sentence + "\n"));
    }
}
