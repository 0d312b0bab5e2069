package dev.penstock.cli.ui;

import dev.penstock.gateway.transport.HostRule;
import dev.penstock.http.EventLoop;
import dev.penstock.http.PageFiles;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.concurrent.CompletableFuture;

/** What is served, to whom, and with which headers. */
final class UiRoutes implements Handler<HttpServerRequest> {
    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String JSON = "application/json";
    private static final int OK = 200;
    private static final int FORBIDDEN = 403;
    private static final int NOT_FOUND = 404;
    private static final int METHOD_NOT_ALLOWED = 405;

    private final HostRule hosts;
    private final PageFiles files;
    private final Answers answers;
    private final EventLoop loop;

    UiRoutes(HostRule hosts, PageFiles files, Answers answers, EventLoop loop) {
        this.hosts = hosts;
        this.files = files;
        this.answers = answers;
        this.loop = loop;
    }

    @Override
    public void handle(HttpServerRequest request) {
        if (!hosts.allows(request.headers().getAll("host"))) {
            text(request, FORBIDDEN, "the Host of this request is not loopback; ask for the page at its address");
            return;
        }
        if (!request.method().equals(HttpMethod.GET)) {
            request.response().putHeader("allow", "GET").putHeader("connection", "close");
            text(request, METHOD_NOT_ALLOWED, "the pages can only be read; use GET");
            return;
        }
        String path = request.path() == null ? "" : request.path();
        switch (path) {
            case "/api/known" -> later(request, answers.known());
            case "/api/simulate" ->
                later(request, answers.simulate(request.params().getAll("a")));
            default ->
                files.find(path)
                        .ifPresentOrElse(
                                file -> send(request, OK, file.contentType(), file.bytes()),
                                () -> text(request, NOT_FOUND, "there is no such page; begin at /"));
        }
    }

    /** The answer is sent from the event loop; whether it arrives is the client's matter. */
    private void later(HttpServerRequest request, CompletableFuture<Answers.Answer> answer) {
        boolean unused = answer.thenAccept(done -> loop.run(() -> {
                    if (!request.response().closed()) {
                        send(request, done.status(), JSON, Buffer.buffer(done.json()));
                    }
                }))
                .isDone();
    }

    private static void text(HttpServerRequest request, int status, String sentence) {
        send(request, status, TEXT, Buffer.buffer(sentence + "\n"));
    }

    private static void send(HttpServerRequest request, int status, String contentType, Buffer body) {
        HttpServerResponse response = request.response();
        response.setStatusCode(status);
        PageFiles.HEADERS.forEach(response::putHeader);
        response.putHeader("content-type", contentType).putHeader("content-length", Integer.toString(body.length()));
        response.end(body).onFailure(gone -> {});
    }
}
